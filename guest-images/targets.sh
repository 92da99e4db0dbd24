#!/bin/sh
# Prints what to build, one target a line: build/<toolchain>/<source without its suffix>.
# A source says with "// builds: glibc musl glibc-pie musl-pie" which ones; glibc and musl when it says nothing.
cd "$(dirname "$0")" || exit 1
awk '
  function flush() { if (source != "") { n = split(builds, list, " "); for (i = 1; i <= n; i++) print "build/" list[i] "/" source } }
  FNR == 1 { flush(); source = FILENAME; sub(/\.c$/, "", source); builds = "glibc musl" }
  FNR <= 20 && /^\/\/ builds: / { builds = $0; sub(/^\/\/ builds: /, "", builds) }
  END { flush() }
' behaviour/*/*.c hostile/*.c programs/*.c
