#include <stdio.h>
#include "common.h"
int main(void) { printf("%d\n", one() + two()); return 0; }
