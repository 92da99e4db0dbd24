use strict;
use warnings;
use utf8;
use List::Util qw(sum max first shuffle);
use POSIX      qw(floor strftime :sys_wait_h);
use Data::Dumper;
use File::Temp;
use File::Find;
use Time::HiRes qw(sleep);
use Digest::SHA qw(sha256_hex);
use MIME::Base64;
use Storable qw(dclone);
use Encode;
use IPC::Open3;
use IO::Select;
use Socket;
use Fcntl        qw(:flock SEEK_SET);
use Scalar::Util qw(weaken blessed);
use Math::BigInt;
use JSON::PP;
use Time::Local;
use Text::Wrap;
use Getopt::Long;
use Errno;
$| = 1;
binmode STDOUT, ':utf8';
$Data::Dumper::Sortkeys = 1;
$Data::Dumper::Indent   = 1;
my %h = map { $_ => length } qw(apple fig banana);
print "$_=$h{$_} " for sort { $h{$a} <=> $h{$b} } keys %h;
print "\n";
print sum(1 .. 100), ' ', max(3, 9, 2), ' ', (first { $_ > 4 } 1 .. 9), ' ', floor(-3.5), "\n",
  Dumper({ a => [1, { b => undef }], c => \'s' });
my $t = 'The year 1999 and 2024';
my @y = $t =~ /(\d{4})/g;
print "@y\n";
(my $u = $t) =~ s/(\d+)/<$1>/g;
print "$u\n";
print join('|', split /\s*,\s*/, 'a , b,c'), "\n";
print "named $+{year}\n" if $t =~ /(?<year>\d+)/;
$t =~ tr/a-z/A-Z/;
print "$t\n";
print "é" =~ /^\w$/ ? "word\n" : "no\n";
print join(',', 'aXbXc' =~ /(?<=X)./g), "\n";
$_ = 'x' x 3;
print s/x/y/r, "\n";
printf "%s %05.2f %-5s| %x %b %e %3\$s\n", 'f', 3.14159, 'l', 255, 5, 1234.5;
print 2**0.5, ' ', 10 / 3, ' ', 1e21, ' ', 0x7fffffffffffffff + 0, ' ', -7 % 3, ' ', int(7.9), ' ',
  '10' + '20', ' ', 'a' . 1 + 2, "\n";
my $big = Math::BigInt->new(2)->bpow(100);
print "$big\n";
print sha256_hex('text'), ' ', encode_base64('bytes'), encode_json([1, 'two', { three => 3 }]), "\n";
print JSON::PP->new->canonical->encode(decode_json('{"b":[1,2],"a":null}')), "\n";
print strftime('%Y-%m-%d %H:%M', gmtime 86400 * 1000), ' ', timegm(0, 0, 0, 1, 0, 2000), "\n";
$Text::Wrap::columns = 20;
print wrap('', '  ', 'some words to wrap into lines'), "\n";
{

  package Animal;
  sub new { my ($c, %a) = @_; bless {%a}, $c }
  sub speak { my $s = shift; sprintf '%s says %s', $s->{name}, $s->sound }

  package Dog;
  our @ISA = 'Animal';
  sub sound   { 'woof' }
  sub DESTROY { print "destroyed\n" }
}
print Dog->new(name => 'Rex')->speak, "\n";
eval { die { code => 42 } };
print "caught $@->{code}\n";
eval { Dog->nothing };
print $@;
local $SIG{__WARN__} = sub { print "warned: @_" };
warn "careful\n";
my $n;
{ no warnings; $n = undef +1 }
print "undef $n\n";
my @sorted = sort { $a <=> $b } map { ($_ * 7919) % 101 } 1 .. 50;
print "@sorted[0..5]\n";
my $c = do {
  my $i = 0;
  sub { return $i++ }
};
$c->() for 1 .. 3;
print $c->(),                                                   "\n";
print join(' ', map { sprintf '%s', wantarray() // 'void' } 1), "\n";
print "heredoc: ",                                              <<~EOT;
    indented
      text
    EOT
open my $f, '>', 'file' or die;
print $f "line $_\n" for 1 .. 5;
close $f;
open $f, '+<', 'file' or die;
flock $f, LOCK_EX;
my @l = <$f>;
print scalar(@l), " $l[-1]";
seek $f, 0, SEEK_SET;
read $f, my $b, 4;
print "$b ", tell $f, "\n";
truncate $f, 7;
close $f;
print -s 'file', ' ', (-d '.' ? 'd' : 'f'), "\n";
mkdir 'dir';
symlink 'file', 'dir/link';
print readlink 'dir/link', "\n";
rename 'file', 'dir/file';
my @found;
find(sub { push @found, $File::Find::name }, 'dir');
print join(' ', sort @found), "\n";
open my $m, '<', \ "in\nmemory\n";
my @m = <$m>;
print scalar @m, "\n";
print "no: $!\n" unless open my $x, '<', '/nonexistent';
print $!{ENOENT} ? "ENOENT\n" : "?\n";
opendir my $d, '/etc/dpkg';
print join(' ', sort grep { !/^\./ } readdir $d), "\n";
{ local $/; open my $p, '<', '/etc/debian_version'; my $v = <$p>; print length($v) > 0, "\n" }
{ local @ARGV = '/etc/passwd'; my $n = 0; $n++ while <>; print $n > 5, "\n" }
print unpack('H*', pack('NnCa3w', 1, 2, 3, 'abc', 300)), "\n";
print "$0 $#ARGV $^O ", $$ > 1, "\n";
my $pid = fork // die;
if (!$pid) { exit 7 }
waitpid $pid, 0;
print $? >> 8, "\n";
print `echo from shell; exit 3`, $? >> 8, "\n";
system 'kill -9 $$';
print $? & 127, "\n";
system('true') == 0 and print "true\n";
pipe my $r, my $w;
if (!fork) { close $r; print $w "through the pipe\n"; exit }
close $w;
print <$r>;
wait;
open my $cmd, '-|', 'sort', '-r', '/etc/shells' or die;
my @s = <$cmd>;
close $cmd;
print scalar(@s) > 2, "\n";
open my $to, '|-', 'tr a-z A-Z';
print $to "shout\n";
close $to;
my $p3 = open3(my $in, my $out, my $err = Symbol::gensym(),
  'sh', '-c', 'read l; echo "got $l"; echo bad >&2; exit 5');
print $in "word\n";
close $in;
print <$out>, <$err>;
waitpid $p3, 0;
print $? >> 8, "\n";
local $SIG{ALRM} = sub { die "alarm\n" };
eval { alarm 1; select undef, undef, undef, 10; };
print $@;
local $SIG{USR1} = sub { print "usr1\n" };
kill USR1 => $$;
local $SIG{CHLD} = 'DEFAULT';
socketpair my $s1, my $s2, AF_UNIX, SOCK_STREAM, PF_UNSPEC;
if (!fork) { my $q = <$s2>; syswrite $s2, "answer to $q"; exit }
syswrite $s1, "question\n";
print scalar <$s1>;
wait;
my $sel = IO::Select->new($r);
print scalar($sel->can_read(0)), "\n";
my @kids = map {
  my $k = $_;
  my $p = fork;
  if (!$p) { sleep 0.01 * (3 - $k); exit $k }
  $p
} 1 .. 3;
my %st;
for (@kids) { my $p = wait; $st{ $? >> 8 }++ }
print join(' ', sort keys %st), "\n";
my %seen;
my $sum = 0;
for my $i (1 .. 60000) { $seen{ $i % 997 } += $i; $sum += length "$i" }
print scalar(keys %seen), " $sum $seen{5}\n";
END { print "END block $?\n" }
exit 6;
