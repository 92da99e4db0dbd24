#!/bin/bash
# perl: data, regular expressions, files, processes, modules; its own exit codes.
export LC_ALL=C.UTF-8 TZ=UTC
perl program.pl one two
echo "status $?"
perl -ne 'print if /root/' /etc/passwd
perl -pe 's/:.*//' /etc/group | head -3
perl -lane 'print $F[0]' <<<'first second'
perl -F: -lane 'print $F[2]' /etc/passwd | head -2
perl -i.bak -pe 's/one/two/' <(:) 2>&1
echo 'one' >f
perl -i -pe 's/one/two/' f
cat f
perl -0777 -ne 'print length' f
echo
perl -Mbigint -e 'print 2**70, "\n"'
perl -e 'die "dying\n"'
echo $?
perl -e 'exit 300'
echo $?
perl -c program.pl
perl -e 'syntax error here'
echo $?
perl -we 'my $x; print "$x\n"'
perl -v | sed -n 2p | cut -c1-20
bash -c "perl -e 'kill 9, \$\$'; exit \$?" 2>/dev/null
echo $?
perl -MConfig -e 'print "$Config{archname}\n"'
perl -e 'printf "%vd\n", "1.2.3"'
perl nothere.pl
echo $?
prove --version | cut -c1-10
perldoc -V 2>&1 | head -1 | cut -c1-5
printf 'print "from stdin\\n"' | perl
shasum -a 256 f
json_pp <<<'{"a":[1]}'
piconv -f latin1 -t utf8 <<<$'\xe9'
pod2text <<<$'=head1 NAME\n\nprog - it'
corelist -v 5.36 2>/dev/null | wc -l >/dev/null
perl -Mthreads -e 'my @t = map { threads->create(sub { my $s = 0; $s += $_ for 1 .. $_[0]; $s }, $_ * 100) } 1 .. 4; print join(" ", map { $_->join } @t), "\n"'
