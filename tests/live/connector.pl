#!/usr/bin/perl
# A connector for tests: speaks dcp/1, does what its plan says, writes down everything.
#
#   connector.pl PLAN LOG [SOCKET]
#
# Over a socket it connects by itself, and again when the connection ends; each is a start of its own.
#
# Lines of PLAN (N is the how-manieth start of it this is, * any):
#   N: say <raw line>       sent at the start, in order      N: hello [ops]      caps
#   N: wait <seconds>       N: until <regex>  a line like this was read          N: exit <status>
#   N: resume               events up to the last that was ever acknowledged aren't said again
#   N: again <n>            over a socket: the connection is cut after so many events
#   command <n>: <answer>   what the n-th command (counted over all starts) gets; * all others:
#       ok | silence | exit <status> | awaiting | error <text> | rate <ms>, optionally: after <s>
# Lines of LOG: "<time> start|R|S <line>".
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();

my ($plan_file, $log_file, $socket) = @ARGV;
$| = 1;
$SIG{PIPE} = 'IGNORE';

# Seconds on a clock that nobody sets; perl-base has no finer one.
sub now { return (POSIX::times())[0] / POSIX::sysconf(POSIX::_SC_CLK_TCK()) }

if (defined $socket) {
    my $io;
    select undef, undef, undef, 0.01 until $io = IO::Socket::UNIX->new(Peer => $socket);
    open STDIN, '<&', $io or die "stdin: $!";
    open STDOUT, '>&', $io or die "stdout: $!";
}
my ($starts, $commands, $acked) = (0, 0, 0);
if (open my $old, '<', $log_file) {
    while (<$old>) {
        $starts++ if /^\S+ start/;
        $commands++ if /^\S+ R .*"t":"cmd"/;
        $acked = $1 if /^\S+ R \{"t":"ack","seq":(\d+)\}/ && $1 > $acked;
    }
}
$starts++;
open my $log, '>>', $log_file or die "$log_file: $!";
select((select($log), $| = 1)[0]);
sub note { print {$log} join(' ', now(), @_), "\n" }
note('start', $$);

my (@steps, %answers);
open my $plan, '<', $plan_file or die "$plan_file: $!";
while (<$plan>) {
    chomp;
    next if /^\s*(#|$)/;
    if (/^command (\S+): (.*)$/) { $answers{$1} = $2 }
    elsif (/^(\*|\d+): (.*)$/) { push @steps, $2 if $1 eq '*' || $1 == $starts }
    else { die "plan: $_" }
}

# The engine has gone.
sub leave {
    note('end');
    exec $^X, $0, @ARGV if defined $socket;
    exit 0;
}

sub say_line {
    my ($line) = @_;
    note('S', substr $line, 0, 300);
    print $line, "\n" or leave();
}

my (@later, $buffer, $until);
$buffer = '';

sub answer {
    my ($line) = @_;
    my ($id) = $line =~ /"id":"([0-9a-f]{32})"/ or die "no id: $line";
    my $rule = $answers{++$commands} // $answers{'*'} // 'ok';
    my $after = $rule =~ s/ after ([\d.]+)$// ? $1 : 0;
    return if $rule eq 'silence';
    if ($rule =~ /^exit (\d+)/) { note('exit', $1); exit $1 }
    my $res = $rule eq 'ok'           ? qq("ok":true,"ext":"p$commands")
        : $rule eq 'awaiting'         ? qq("ok":true,"awaiting":"staff")
        : $rule =~ /^rate (\d+)/      ? qq("ok":false,"err":"rate","retry_ms":$1)
        : $rule =~ /^error (.*)/      ? qq("ok":false,"err":"$1")
        :                               die "rule $rule";
    push @later, [now() + $after, qq({"t":"res","id":"$id",$res})];
    # A person confirms a second later.
    push @later, [now() + $after + 0.3, qq({"t":"res","id":"$id","ok":true})] if $rule eq 'awaiting';
}

sub take_input {
    my $read = sysread STDIN, $buffer, 1 << 16, length $buffer;
    leave() if !$read;
    while ($buffer =~ s/^(.*)\n//) {
        my $line = $1;
        note('R', $line);
        answer($line) if $line =~ /^\{"t":"cmd"/;
        $until = undef if defined $until && $line =~ /$until/;
    }
}

sub seconds_to_next { my ($least) = sort { $a <=> $b } map { $_->[0] - now() } @later; return $least }

# Steps go on while nothing is waited for; input and late answers are seen to all the time.
my ($idle_until, $resumes, $events_left) = (0, 0, -1);
my $select = IO::Select->new(\*STDIN);
while (1) {
    while (@steps && !defined $until && now() >= $idle_until) {
        my $step = shift @steps;
        if ($step =~ /^say (.*)$/) {
            my $line = $1;
            my ($seq) = $line =~ /"t":"ev","seq":(\d+)/;
            if (defined $seq && $resumes && $seq <= $acked) {
                shift @steps if @steps && $steps[0] =~ /^wait /;    # It goes with the event.
                next;
            }
            say_line($line);
            leave() if defined $seq && --$events_left == 0;
        }
        elsif ($step =~ /^long (\d+)$/) { say_line('{"t":"log","text":"' . 'x' x $1 . '"}') }
        elsif ($step =~ /^hello ?(.*)$/) {
            my $caps = join ',', map { qq("$_") } split ' ', $1 || 'send dm price members';
            my $name = defined $socket ? $socket =~ s{.*/}{}r : 'test';
            say_line(qq({"t":"hello","proto":"dcp/1","name":"$name","caps":[$caps]}));
        }
        elsif ($step =~ /^wait (\S+)$/) { $idle_until = now() + $1 }
        elsif ($step =~ /^until (.*)$/) { $until = $1 }
        elsif ($step =~ /^kill (\S+)$/) { note('kill', $1); kill $1, getppid; }
        elsif ($step eq 'resume') { $resumes = 1 }
        elsif ($step =~ /^again (\d+)$/) { $events_left = $1 }
        elsif ($step =~ /^exit (\d+)$/) { note('exit', $1); exit $1 }
        else { die "step $step" }
    }
    my $pause = 0.5;
    my $next = seconds_to_next();
    $pause = $next < 0 ? 0 : $next if defined $next && $next < $pause;
    $pause = 0.02 if @steps && !defined $until && $pause > 0.02;
    take_input() if $select->can_read($pause);
    my $now = now();
    for my $due (grep { $_->[0] <= $now } @later) { say_line($due->[1]) }
    @later = grep { $_->[0] > $now } @later;
}
