#include "common.h"
int two(void) { return 2; }
