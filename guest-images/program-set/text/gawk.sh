#!/bin/bash
# gawk: fields, arrays, functions, formats, regular expressions, I/O with commands, coprocesses, its extensions.
export LC_ALL=C.UTF-8
printf 'alice 30 NY\nbob 25 LA\ncarol 35 SF\n' >people
awk '{ print $1, NF, NR, $NF }' people
awk -F: '$3 < 5 { print $1 }' /etc/passwd
awk '{ s += $2 } END { printf "%d %.3f %5s|%-5s|%x %e\n", s, s / NR, "r", "l", 255, 12345.678 }' people
awk 'BEGIN { x["a"] = 1; x["b"] = 2; delete x["a"]; print length(x), ("b" in x), ("a" in x); n = split("a:b:c", p, ":"); print n, p[3]; m[1][2] = 3; print m[1][2], isarray(m) }'
awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(17); print length("héllo"), substr("hello", 2, 3), index("hello", "l"), toupper("abc"), tolower("ABC"); print match("foobar", /o+/), RSTART, RLENGTH }'
awk '/a/,/bob/' people
awk '!/bob/ { next } { print "found" }' people
awk 'BEGIN { s = "aaa"; print gsub(/a/, "b", s), s; print gensub(/(.)(.)/, "\\2\\1", "g", "abcd"); t = "x.y"; sub(/\./, "&&", t); print t }'
awk 'BEGIN { while (("echo a; echo b" | getline line) > 0) print "got", line; close("echo a; echo b"); print "z\na" | "sort"; close("sort"); "pwd" | getline d; print d; print system("exit 3") }'
gawk 'BEGIN { c = "tr a-z A-Z"; print "coprocess" |& c; close(c, "to"); c |& getline r; print r; close(c) }'
gawk 'BEGIN { PROCINFO["sorted_in"] = "@val_num_desc"; a["x"] = 3; a["y"] = 9; a["z"] = 1; for (k in a) printf "%s ", k; print ""; n = asorti(a, b); print n, b[1]; print strftime("%Y-%m-%d", 86400 * 365, 1), mktime("2001 02 03 04 05 06", 1) }'
gawk 'BEGIN { print and(12, 10), or(12, 10), xor(12, 10), lshift(1, 10), (compl(0) > 0), strtonum("0x1f"), int(-3.7), sqrt(2), atan2(1, 1), exp(1), log(10), sin(1), 2 ** 10, 7 % 3 }'
gawk --bignum 'BEGIN { print 2 ^ 200 }' 2>&1 | head -1
awk 'BEGIN { printf "%s %s %s\n", 1e6, 0.1 + 0.2, 100000000000000000000; OFMT = "%.2f"; print 3.14159; CONVFMT = "%d"; a = 12.7 ""; print a; print 1 == 1.0, "a" < "b", "10" < "9", 10 < 9, substr("x", 0), -3 % 2 }'
awk -v v=passed 'BEGIN { print v, ENVIRON["HOME"], ARGV[1], ARGC }' people
awk 'NR == FNR { a[$1] = $2; next } $1 in a { print $1, a[$1], FNR, FILENAME }' people <(echo bob x)
awk 'BEGIN { RS = "" } { print NR ": " $1 }' <<<$'a b\nc\n\nd'
awk 'BEGIN { FS = ","; OFS = "|" } { $2 = "X"; print; print $0; NF = 2; print }' <<<'1,2,3'
gawk 'BEGIN { FPAT = "([^,]+)|(\"[^\"]+\")" } { print $2 }' <<<'a,"b,c",d'
gawk 'BEGIN { FIELDWIDTHS = "2 3 *" } { print $1 "-" $2 "-" $3 }' <<<abcdefgh
awk 'BEGIN { RS = "[0-9]" } { print $0, RT }' <<<'a1b2c'
awk '{ print > ($2 > 28 ? "old" : "young") } END { close("old"); while ((getline l < "old") > 0) print "old:", l }' people
cat young
awk 'BEGIN { getline; print "first", $0; getline x < "young"; print x; print getline y < "missing" }' people
awk 'BEGINFILE { if (ERRNO) { print "no", FILENAME; nextfile } } ENDFILE { print FILENAME, FNR }' people missing
gawk '@include "inplace"; BEGIN { print "included" }' 2>&1 | head -1
gawk 'BEGIN { f = "length"; print @f("four") }'
gawk 'BEGIN { switch ("b") { case /a/: print 1; break; case "b": print 2 } do { i++ } while (i < 5); print i; for (;;) if (++j > 3) break; print j; exit 4 } END { print "end" }'
echo $?
seq 20000 | awk '{ w[$1 % 97] += $1 * 3; s = s ($1 % 10) } END { for (i = 0; i < 97; i += 13) print i, w[i]; print length(s) }'
awk 'BEGIN { srand(1); a = rand(); srand(1); print a == rand(), a < 1; printf "%c%c %5.2f%%\n", 65, "hello", 99.5 }'
awk 'BEGIN { print length() }' </dev/null
awk 'BEGIN { print substr("hello", -1, 3) "|" 1/3 "|" 1e300 * 1e300 "|" log(-1) }' 2>&1
awk 'BEGIN { print 1 / 0 }'
echo $?
awk '{ print }' missing
echo $?
awk 'BEGIN { print "unterminated }'
echo $?
gawk --version | head -1
awk 'BEGIN { print "to stderr" > "/dev/stderr"; print "fd 3" > "/dev/fd/3" }' 3>&1
gawk --lint 'BEGIN { print undefined_thing }'
gawk -o/dev/stdout 'BEGIN{x=1;if(x)print x}' | cat
