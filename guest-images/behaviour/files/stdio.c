// The C library's streams over files: formatted output, seeking, ungetc, line reading, a temporary file.
#include "scratch.h"

int main(void) {
  FILE *file = fopen("file", "w+");
  CHECK(file != NULL);
  for (int i = 0; i < 1000; i++) CHECK(fprintf(file, "line %d %5.2f %s\n", i, i / 7.0, i % 2 ? "odd" : "even") > 0);
  CHECK(fseek(file, 0, SEEK_SET) == 0);
  char *line = NULL;
  size_t room = 0;
  unsigned long digest = 0;
  int lines = 0;
  for (ssize_t length; (length = getline(&line, &room, file)) > 0; lines++)
    for (ssize_t i = 0; i < length; i++) digest = digest * 131 + (unsigned char)line[i];
  printf("%d lines, digest %016lx, size %ld\n", lines, digest, ftell(file));
  int number;
  double value;
  char word[8];
  CHECK(fseek(file, 0, SEEK_SET) == 0 && fscanf(file, "line %d %lf %7s", &number, &value, word) == 3 && strcmp(word, "even") == 0);
  CHECK(ungetc('Q', file) == 'Q' && fgetc(file) == 'Q' && fgetc(file) == '\n');
  CHECK(fclose(file) == 0 && unlink("file") == 0);
  file = tmpfile();
  CHECK(file != NULL && fputs("temporary", file) >= 0 && fclose(file) == 0);
  free(line);
  scratch_end();
  finish();
}
