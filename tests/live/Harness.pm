# What the tests that run the real program share: campaigns made for now, processes, waiting, checks.
package Harness;
use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Path qw(make_path remove_tree);
use POSIX qw(:sys_wait_h strftime);

our @EXPORT = qw(setup done test ok is like campaign plan connects start wait_end stop wait_for slurp spew lines
    sql check_db run_it now cmd_lines drumbeat checker dir here no_terminal);

my ($drumbeat, $check, $dir, $here);
my ($passed, $failed, $title) = (0, 0, '');
my @children;

sub drumbeat { return $drumbeat }
sub dir      { return $dir }
sub here     { return $here }

# setup(PROGRAM, CHECKER, NAME): a directory of its own.
sub setup {
    my ($program, $checker, $name) = @_;
    ($drumbeat, $check) = (abs_path($program), abs_path($checker));
    ($here = abs_path(__FILE__)) =~ s{/[^/]+$}{};
    # What a kill leaves doesn't depend on the disk; in memory there are more of them in a minute.
    my ($base) = grep { defined && -d && -w } $ENV{TMPDIR}, '/dev/shm', '/tmp';
    $dir = "$base/drumbeat-$name-$$";
    make_path($dir);
    $ENV{NO_COLOR} = 1;
    # Leaks of a program that is killed mean nothing, and looking for them fails where ptrace does.
    $ENV{ASAN_OPTIONS} = 'detect_leaks=0' . ($ENV{ASAN_OPTIONS} ? ":$ENV{ASAN_OPTIONS}" : '');
    $| = 1;
}

# Why nobody can type here; '' if somebody can.
sub no_terminal {
    return 'tmux is not installed' if !grep { -x "$_/tmux" } split /:/, $ENV{PATH} // '';
    return -e '/dev/pts/ptmx' ? '' : 'no terminal can be opened (/dev/pts is not mounted)';
}

sub done {
    chdir '/';
    if ($failed) { print "kept: $dir\n" }
    else { remove_tree($dir) }
    print "$passed passed, $failed failed\n";
    exit($failed ? 1 : 0);
}

END { kill 'KILL', @children if @children }

# Seconds on a clock that nobody sets; perl-base has no finer one.
sub now { return (POSIX::times())[0] / POSIX::sysconf(POSIX::_SC_CLK_TCK()) }

# ONLY=<regex> runs the tests whose title it finds.
sub test {
    $title = $_[0];
    return 0 if $ENV{ONLY} && $title !~ /$ENV{ONLY}/;
    print "- $title\n";
    return 1;
}

sub ok {
    my ($good, $what, @more) = @_;
    if ($good) { $passed++ }
    else { $failed++; print "  FAILED: $title: $what\n", map { "    $_\n" } grep { defined } @more }
    return $good;
}

sub is {
    my ($got, $wanted, $what) = @_;
    return ok((defined $got && $got eq $wanted), $what, 'got ' . ($got // 'nothing'), "wanted $wanted");
}

sub like {
    my ($got, $wanted, $what) = @_;
    # In a list a match that fails is nothing at all: what follows would take its place.
    return ok(scalar(defined $got && $got =~ $wanted), $what, 'got ' . ($got // 'nothing'), "wanted $wanted");
}

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/ = undef;
    return <$file> // '';
}

sub lines { return split /\n/, slurp($_[0]) }

sub spew {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die "$path: $!";
}

# A campaign whose first day is today, in a zone where it is about noon: a test never meets midnight.
# Returns its folder. Options: name, playbook (text), plan (connector -> text), groups, head, days (parts
# of campaign.lua), sockets (true: connectors connect by themselves, see connects).
sub campaign {
    my (%o) = @_;
    my $name = $o{name};
    my $folder = "$dir/$name";
    my $hour = (gmtime)[2];
    my $east = 12 - $hour;
    my $zone = sprintf 'Etc/GMT%+d', -$east;
    my $date = strftime '%Y-%m-%d', gmtime(time + $east * 3600);
    make_path("$folder/playbooks/show");
    my @names = sort keys %{ $o{plan} || {} };
    my $head = qq(campaign { name = "$name", brand = "Test", from = "$date", timezone = "$zone",\n)
        . qq(  currency = "CNY", language = "en", title = "Test" }\n);
    $head .= qq(group { "g1", title = "One", segment = "old", limit = 500, connector = "$names[0]" }\n)
        if @names && !$o{groups};
    $head .= $o{groups} || '';
    $head .= qq(connector { "$_", )
        . ($o{sockets} ? qq(socket = "run/$_" }\n)
            : qq(command = { "perl", "$here/connector.pl", "$_.plan", "$_.log" } }\n)) for @names;
    $head .= $o{head} || '';
    $head .= $o{days} || qq(day(1) { playbook = "show" }\n);
    spew("$folder/campaign.lua", $head);
    spew("$folder/playbooks/show/playbook.lua",
        qq(playbook { name = "show", version = 1, goal = "traffic", about = "A test" }\n)
            . ($o{playbook} || ''));
    spew("$folder/$_.plan", $o{plan}{$_}) for @names;
    return $folder;
}

# Starts a connector that speaks over the socket of connector NAME as PLAN.plan says, and stays when the
# engine goes. Its log is PLAN.log.
sub connects {
    my ($folder, $name, $plan) = @_;
    return start("$folder/$plan", 'perl', "$here/connector.pl", "$folder/$plan.plan",
        "$folder/$plan.log", "$folder/run/$name");
}

# Starts a program in the background; its output goes to FILE.out and FILE.err.
sub start {
    my ($file, @command) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $in = ref $command[0] ? shift @command : undef;
        open STDIN, '<', '/dev/null' or die;
        open STDOUT, '>', "$file.out" or die;
        open STDERR, '>>', "$file.err" or die;
        $in->() if $in;
        exec @command or POSIX::_exit(127);
    }
    push @children, $pid;
    return $pid;
}

# Waits for its end: exit status, or 128 + signal; undef after `seconds`.
sub wait_end {
    my ($pid, $seconds) = @_;
    my $until = now() + ($seconds // 20);
    while (1) {
        my $got = waitpid $pid, WNOHANG;
        if ($got == $pid) {
            @children = grep { $_ != $pid } @children;
            return $? & 127 ? 128 + ($? & 127) : $? >> 8;
        }
        return undef if now() > $until;
        select undef, undef, undef, 0.004;
    }
}

sub stop {
    my ($pid, $signal) = @_;
    kill $signal // 'TERM', $pid;
    return wait_end($pid);
}

sub wait_for {
    my ($what, $test, $seconds) = @_;
    my $until = now() + ($seconds // 15);
    while (now() < $until) {
        return 1 if $test->();
        select undef, undef, undef, 0.01;
    }
    ok(0, "waited in vain for: $what");
    done();  # What follows would wait as long, for nothing.
}

# Runs to the end: (status, stdout, stderr).
sub run_it {
    my (@command) = @_;
    my $file = "$dir/run_it";
    unlink "$file.err";
    my $status = wait_end(start($file, @command), 60);
    return ($status, slurp("$file.out"), slurp("$file.err"));
}

sub sql {
    my ($db, $query) = @_;
    my ($status, $out) = run_it($check, $db, 'sql', $query);
    chomp $out;
    return $out;
}

sub check_db {
    my ($db) = @_;
    my ($status, $out) = run_it($check, $db);
    ok($status == 0, "invariants of $db", split /\n/, $out);
    return 0 if $status != 0;
    return 1 if $out =~ /^empty/;
    ($status, $out) = run_it($drumbeat, 'verify', '--db', $db);
    ok($status == 0, "rows of $db", split /\n/, $out);
    # What is in the file follows from its journal.
    ($status, $out) = run_it($drumbeat, 'replay', '-q', '--db', $db);
    return ok($status == 0, "replay of $db", split /\n/, $out);
}

# Commands a connector read: [time, id, rest of the line].
sub cmd_lines {
    my ($log) = @_;
    return map { /^(\S+) R (\{"t":"cmd","id":"([0-9a-f]+)".*)/ ? [$1, $3, $2] : () } lines($log);
}

sub checker { return $check }

1;
