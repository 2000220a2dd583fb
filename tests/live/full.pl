#!/usr/bin/perl
# A disk without room, through the real program: it takes, acknowledges and sends nothing, and goes
# on by itself once there is room. On a small file system of our own where that is allowed, else the
# limit on the size of a file stands for it.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

my $inside = $ENV{DRUMBEAT_INSIDE};
if (!$inside) {
    $ENV{DRUMBEAT_INSIDE} = system('unshare -Urm true 2>/dev/null') == 0 ? 'own' : 'limit';
    exec('unshare', '-Urm', $^X, $0, @ARGV) if $ENV{DRUMBEAT_INSIDE} eq 'own';
    $inside = 'limit';
}
setup(@ARGV, 'full');
my $disk = dir() . '/disk';
mkdir $disk;
if ($inside eq 'own' && system('mount', '-t', 'tmpfs', '-o', 'size=1600k', 'none', $disk) != 0) {
    $inside = 'limit';
}
print "SKIPPED: no file system of our own: the limit on a file's size stands for it\n" if $inside eq 'limit';

my $echo = q{on("message", function(event) event.group:say("heard " .. #event.text) end)} . "\n";
my $count = 600;

sub event {
    my ($seq) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"message","group":"g1",)
        . qq("member":"u1","text":") . 'z' x 3000 . '"}';
}

# The log lies elsewhere: only the database is on the small disk.
sub made {
    my ($name) = @_;
    unlink glob("$disk/*");
    return campaign(name => $name, playbook => $echo, plan => { chat => join "\n",
        '*: hello send', map { ('*: say ' . event($_), $_ % 20 ? () : '*: wait 0.01') } 1 .. $count });
}

sub run_live {
    my ($folder) = @_;
    my @limit = $inside eq 'limit' ? ('sh', '-c', 'trap "" XFSZ; ulimit -S -f 1400; exec "$@"', 'sh') : ();
    return start("$folder/run", @limit, drumbeat(), 'run', $folder, '--db', "$disk/brand.db", '--yes');
}

sub make_room {
    my ($pid) = @_;
    if ($inside eq 'limit') { system('prlimit', '--pid', $pid, '--fsize=unlimited') }
    else { system('mount', '-o', 'remount,size=64m', $disk) }
}

sub take_room {
    system('mount', '-o', 'remount,size=1600k', $disk) if $inside eq 'own';
}

sub acked { my ($seq) = slurp("$_[0]/chat.log") =~ /.*R \{"t":"ack","seq":(\d+)/s; return $seq // 0 }
sub said { return slurp("$_[0]/run.err") }
sub heard { my @lines = slurp("$_[0]/chat.log") =~ /^\S+ R /mg; return scalar @lines }

sub is_full {
    my ($folder, $times) = @_;
    wait_for('the disk is full', sub {
        my @told = said($folder) =~ /the disk is full: nothing is taken/g;
        @told >= $times });
}

# What was acknowledged is in the file; what was sent is, too.
sub keeps {
    my ($folder) = @_;
    my $acked = acked($folder);
    my $kept = sql("$disk/brand.db", 'SELECT messages FROM groups');
    ok($kept >= $acked, "acknowledged $acked, in the file $kept");
    my %sent = map { $_->[1] => 1 } cmd_lines("$folder/chat.log");
    my $known = sql("$disk/brand.db", 'SELECT count(*) FROM outbox');
    ok($known >= keys %sent, 'sent ' . (keys %sent) . ", in the file $known");
    return $kept;
}

if (test 'nothing is taken, acknowledged or sent; with room it goes on by itself') {
    my $folder = made('waits');
    my $pid = run_live($folder);
    is_full($folder, 1);
    # What was durable is acknowledged; where only the WAL can't grow, its pages are used again.
    my ($heard, $told) = (-1, 0);
    wait_for('a standstill', sub {
        my $before = $heard;
        select undef, undef, undef, 2.2;    # Two more tries.
        ($heard, $told) = (heard($folder), scalar(() = said($folder) =~ /disk is full/g));
        return $heard == $before }, 40);
    my $kept = keeps($folder);
    ok($kept < $count, "it filled up after $kept of $count");
    is(heard($folder), $heard, 'nothing was acknowledged or sent');
    is(scalar(() = said($folder) =~ /disk is full/g), $told, 'and nothing said again');
    is($told, 1, 'told once') if $inside eq 'own';
    is(sql("$disk/brand.db", 'SELECT messages FROM groups'), $kept, 'readers still read');
    make_room($pid);
    wait_for('all of it', sub { acked($folder) == $count });
    like(said($folder), qr/there is room on the disk again after \d+ s: going on/, 'says so');
    is(scalar(() = said($folder) =~ /is down/g), 0, 'the connector stayed');
    is(stop($pid), 0, 'ends well');
    is(sql("$disk/brand.db", 'SELECT messages FROM groups'), $count, 'each event counts once');
    my %sent;
    $sent{ $_->[1] }++ for cmd_lines("$folder/chat.log");
    is(scalar(grep { $_ > 1 } values %sent), 0, 'nothing was sent twice');
    check_db("$disk/brand.db");
}

if (test 'killed or stopped while it waits: nothing acknowledged is lost') {
    unlink glob("$disk/*");
    take_room();
    my $folder = made('killed');
    my $pid = run_live($folder);
    is_full($folder, 1);
    kill 'KILL', $pid;
    wait_end($pid);
    my $kept = keeps($folder);
    my ($status, $out) = run_it(drumbeat(), 'verify', '-q', '--db', "$disk/brand.db");
    is($status, 0, 'the file is whole');

    $pid = run_live($folder);
    is_full($folder, 2);
    is(stop($pid), 1, 'a stop ends it, and says that something was not kept');
    like(said($folder), qr/brand\.db: .*the disk is full/, 'and why');
    ok(keeps($folder) >= $kept, 'nothing is gone');

    $pid = run_live($folder);
    is_full($folder, 3);
    make_room($pid);
    wait_for('all of it', sub { acked($folder) == $count });
    is(stop($pid), 0, 'ends well');
    is(sql("$disk/brand.db", 'SELECT messages FROM groups'), $count, 'each event counts once');
    check_db("$disk/brand.db");
}

system('umount', $disk) if $inside eq 'own';
done();
