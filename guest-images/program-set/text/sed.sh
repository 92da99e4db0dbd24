#!/bin/bash
# sed: addresses, commands, hold space, branches, in-place editing, scripts.
export LC_ALL=C.UTF-8
seq 10 >ten
printf 'hello world\nfoo bar\n' >words
sed -n '2p;$p' ten
sed '2,4d' ten
sed '/3/,/5/!d' ten
sed -n '2~3p' ten
sed '0,/1/d' ten | head -2
sed -n '/4/,+2p' ten
sed 5q ten | tail -1
sed '3Q7' ten
echo $?
sed -n '$=' ten
sed '2,~4d' ten
sed 's/o/0/g; s/l/L/2' words
sed -E 's/(\w+) (\w+)/\2 \1/' words
sed 's/.*/\U&/' words
sed -E 's/\b(.)/\u\1/g' words
sed 's/foo/a\nb/' words
sed -n 's/hello/bye/pw out' words
cat out
sed 's/x*/-/g' words
sed 's|/|\\|g' <<<a/b
sed 's/O/0/I' words
sed 's/a/b/e' <<<'echo a'
sed '1i\inserted' words
sed '$a appended' words
sed '1c changed' words
sed '/foo/r ten' words
sed 'y/abc/xyz/' words
sed -n 'l;l 5' <<<$'tab\there'
sed = words
sed 'N;s/\n/ + /' words
sed '$!N;P;D' ten
sed G words
sed -n '1!G;h;$p' ten
sed ':a;N;$!ba;s/\n/,/g' ten
sed 'x;1d' words
sed -n 'H;${x;s/\n/-/g;p}' ten
sed -s -n '$p' ten words
sed -n -f <(printf '/1/{\ns/1/one/\np\n}\n') ten
sed '/a/{s//X/;t end;s/$/!/;:end}' words
sed -z 's/\n/;/g' ten
echo
sed -i.bak 's/foo/FOO/' words
diff words words.bak
sed -i '1d' words
cat words
sed --posix 's/a\|b/x/' <<<'a|b'
sed -u 1q ten
sed 'n;d' ten
sed -e 'F;w /dev/stdout' -e '1d' words
sed --debug -n 's/a/b/p' words | head -4
sed 's/é/e/g;s/./x/2' <<<'éàé'
sed 's/[[:upper:]]/(&)/g' <<<'aBcD'
seq 50000 | sed -E 's/([0-9])([0-9])/\2\1/g' | md5sum
printf 'x\n%.0s' {1..1000} | sed -n '$='
sed s/a ten
echo $?
sed 'k' ten
sed p missing
echo $?
sed --sandbox 'w x' ten
echo $?
sed b nolabel ten 2>&1
sed --version | head -1
