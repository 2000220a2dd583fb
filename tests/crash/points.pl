#!/usr/bin/perl
# The program dies at every named point (engine/base/crash.h) of an evening with a draw, an envelope,
# a price flip and tiers (night/): before and after the turn, the commit, what is sent and
# acknowledged. After each death the file holds every promise; in the end all is as if nothing had
# happened, and nothing was told twice. Live also with a connector that connects over a socket, outlives
# the program and comes back.
#
#   points.pl PROGRAM CHECKER     every n of the points that decide, with DRUMBEAT_LONG=1 of all
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__), dirname(__FILE__) . '/../live';
use Crash;
use Harness;

setup(@ARGV[0, 1], 'points');
my $long = ($ENV{DRUMBEAT_LONG} // '') eq '1';
my $folder = dir() . '/night';
my $db = "$folder/brand.db";
my %killed_at;    # Point -> how often it was where a process ended.

# --- The points, as they stand in the source. ---

sub points_in_source {
    my $engine = dirname(__FILE__) . '/../../engine';
    my (%seen, @twice);
    for my $file (glob "$engine/*/*.c") {
        push @twice, grep { $seen{$_}++ } slurp($file) =~ /crash_point\("([^"]+)"\)/g;
    }
    ok(!@twice, 'each point stands in the source once', @twice);
    return sort keys %seen;
}

# --- The evening. ---

sub make_feed {
    my $start = 1762477200000;    # 2025-11-07 09:00 in Shanghai
    my @lines = ('{"t":"hello","proto":"dcp/1","name":"feed"}');
    my $add = sub {
        my ($minute, $kind, $more) = @_;
        my ($n, $at) = (scalar @lines, $start + int($minute * 60000));
        push @lines, qq({"t":"ev","seq":$n,"ts":$at,"id":"f$n","k":"$kind",$more});
    };
    my %inviter = (3 => 1, 4 => 1, 5 => 2, 6 => 1);
    my $who = sub { return qq("group":"g1","member":"u$_[0]") };
    $add->($_ * 0.3, 'member.join', $who->($_) . ($inviter{$_} ? qq(,"inviter":"u$inviter{$_}") : '')) for 1 .. 8;
    $add->(5 + $_ * 0.5, 'message', $who->($_) . qq(,"text":"hello $_")) for 1 .. 8;
    $add->(11 + $_ * 0.4, 'press', $who->($_) . ',"button":"open:1"') for 1 .. 7;
    $add->(39 + $_ * 0.7, 'order.paid', $who->($_) . qq(,"order":"o$_","total":"180.00","currency":"CNY",)
        . '"items":[{"sku":"S1","qty":1,"paid":"180.00"}]') for 1 .. 3;
    $add->(45, 'order.refunded', '"order":"o2","amount":"180.00"');
    $add->(50, 'member.leave', $who->(6));
    spew("$folder/feed.jsonl", join("\n", @lines) . "\n");
}

sub feed_command {
    my ($out) = @_;
    return (drumbeat(), 'run', $folder, '--db', $db, '--feed', "$folder/feed.jsonl", '--out', $out,
        '--seed', 7, '--quiet');
}

# Runs it; true if it died there.
sub dies_at {
    my ($point, $n, $out) = @_;
    my $pid = start("$folder/run", sub { $ENV{DRUMBEAT_CRASH_AT} = "$point:$n" }, feed_command($out));
    my $end = wait_end($pid, 60);
    return 0 if $end == 0;
    ok($end == 128 + 9, "$point:$n ends by the kill alone", $end, slurp("$folder/run.err"));
    $killed_at{$point}++;
    return 1;
}

# --- Instants that matter, recognised in the file that a kill left. ---

# What the file says, and how many commands of a kind had left.
my %INSTANTS = (
    'announced, not drawn' => [q[SELECT (SELECT count(*) FROM outbox WHERE kind = 'rules') = 2 AND NOT EXISTS (SELECT 1 FROM plays WHERE game = 2)]],
    'drawn, nobody told' => [q[SELECT EXISTS (SELECT 1 FROM plays WHERE game = 2)], certificate => 0],
    'drawn, one winner told' => [q[SELECT EXISTS (SELECT 1 FROM plays WHERE game = 2)], certificate => 1],
    'winners told, the group not' => [q[SELECT EXISTS (SELECT 1 FROM plays WHERE game = 2)], certificate => 2, winners => 0],
    'an envelope half claimed' => [q[SELECT (SELECT count(*) FROM plays WHERE game = 1) BETWEEN 1 AND 5]],
    'claimed, money on its way' => [q[SELECT EXISTS (SELECT 1 FROM outbox WHERE kind = 'pay' AND status = 1)]],
    'flipped, the shop not told' => [q[SELECT EXISTS (SELECT 1 FROM milestones WHERE kind = 'flip')], price => 0],
    'told the shop, not durable' => [q[SELECT (SELECT count(*) FROM outbox WHERE kind = 'price' AND status = 0) = 1], price => 1],
    'tiers paid, nobody told' => [q[SELECT (SELECT count(*) FROM vouchers) = 2], voucher => 0],
    'tiers paid, one member told' => [q[SELECT (SELECT count(*) FROM vouchers) = 2], voucher => 1],
);
my %instants_seen;

sub note_instants {
    my ($out) = @_;
    return if !-s $db;
    my @names = sort keys %INSTANTS;
    my @holds = split /\n/, sql($db, join ' UNION ALL ', map { "SELECT * FROM ($INSTANTS{$_}[0])" } @names);
    my %left;
    $left{$_}++ for slurp($out) =~ /(?:"kind"|"op"):"(certificate|winners|price|voucher)"/g;
    for my $i (0 .. $#names) {
        my (undef, %counts) = @{ $INSTANTS{ $names[$i] } };
        next if ($holds[$i] // '') ne '1' || grep { ($left{$_} // 0) != $counts{$_} } keys %counts;
        $instants_seen{ $names[$i] }++;
    }
}

# --- Dying and going on. ---

my $of_scene = qr/"kind":"(say|rules|winners|game)"/;
my ($whole, $seen);

# Money leaves once: killed between its departure and the answer, nobody knows, and a person decides
# (`drumbeat outbox`). All other effects go again, under the same key.
sub check_pays {
    my ($what, @outs) = @_;
    my %times;
    $times{$_}++ for map { /"id":"([0-9a-f]{32})","op":"pay"/ } map { lines($_) } @outs;
    ok(!(grep { $times{$_} > 1 } keys %times), "$what: money leaves once", %times);
    my @unknown = split /\n/, sql($db, "SELECT printf('%016x%016x', key_high, key_low) FROM outbox WHERE kind = 'pay' AND status = 4");
    return { map { $_ => 1 } grep { !$times{$_} } @unknown };
}

sub check_end {
    my ($what, @outs) = @_;
    my $got = commands_of(@outs);
    # Departed, and killed before it was written: it is shown as unknown, so a person settles it.
    my $never_left = check_pays($what, @outs);
    my %bare = map { s/"id":"[0-9a-f]+",//r => 1 } values %$got;
    my $wanted = { %$whole };
    my @missing = grep { my $line = $whole->{$_}; $line =~ /"op":"pay"/ && !$bare{ $line =~ s/"id":"[0-9a-f]+",//r } } sort keys %$whole;
    delete @$wanted{@missing};
    ok(@missing == keys %$never_left, "$what: money that never left is shown", @missing);
    my $good = compare_commands($got, $wanted, $of_scene, $what);
    my $sights = sights($db) =~ s/^(  pay\t\d+\t\d+\t)4\t/${1}2\t/mgr;
    return ok($sights eq $seen, "$what: the same in the end", first_difference($sights, $seen)) && $good;
}

# One death, then on to the end.
sub once {
    my ($point, $n) = @_;
    unlink glob("$folder/brand.db*"), glob("$folder/out*");
    return 0 if !dies_at($point, $n, "$folder/out1");
    check_db($db) or done();
    note_instants("$folder/out1");
    my ($status, $out, $err) = run_it(feed_command("$folder/out2"));
    ok($status == 0, "after $point:$n it goes on", $status, $err);
    check_end("$point:$n", "$folder/out1", "$folder/out2");
    return 1;
}

# Death after death, each a little later.
sub again_and_again {
    my ($point) = @_;
    unlink glob("$folder/brand.db*"), glob("$folder/out*");
    my @outs;
    for (my $n = 1; $n < 5000; $n += 1 + int($n / 2)) {
        push @outs, "$folder/out" . (1 + @outs);
        if (!dies_at($point, $n, $outs[-1])) {
            check_db($db);
            check_end("$point, again and again", @outs);
            return;
        }
    }
    ok(0, "$point comes to an end");
}

sub evening {
    my (@points) = @_;
    ok(system('cp', '-r', dirname(__FILE__) . '/night', $folder) == 0, 'the campaign is there');
    make_feed();
    my ($status, $out, $err) = run_it(feed_command("$folder/whole.out"));
    ok($status == 0, 'the whole run ends well', $status, $err) or done();
    check_db($db);
    ($whole, $seen) = (commands_of("$folder/whole.out"), sights($db));
    is(scalar(grep { /"op":"pay"/ } values %$whole), 6, 'six parts are paid');
    ok(system('cp', $db, dir() . '/kept.db') == 0, 'its file is kept');
    my $kills = 0;
    for my $point (@points) {
        # Every durable state and every command is one of these; of the others some will do.
        my $every = $long || $point eq 'commit.after' || $point eq 'out.after';
        for (my $n = 1; once($point, $n); $n += $every ? 1 : 1 + int($n / 2)) { $kills++ }
        again_and_again($point) if $killed_at{$point};
    }
    print "  $kills deaths, one a run\n";
    printf "  %4d times: %s\n", $instants_seen{$_} // 0, $_ for sort keys %INSTANTS;
    ok($instants_seen{$_}, "killed when it was: $_") for sort keys %INSTANTS;
}

# --- Live: what only a connector brings about. ---

sub live_campaign {
    my ($name, $sockets) = @_;
    my $filler = 'x' x 20000;    # So that there is something to checkpoint.
    return campaign(name => $name, sockets => $sockets, playbook => <<'LUA', plan => { chat => join "\n",
at("00:00", "steps", function(group)
  for i = 1, 6 do
    group:say("step " .. i)
    group:wait(seconds(0.02))
  end
  group:say("done")
end, { late = "run" })
on("message", function(event)
  event.group.memory.heard = (event.group.memory.heard or 0) + 1
end)
LUA
        '*: hello send', (map { (qq(*: say {"t":"ev","seq":$_,"ts":) . time
            . qq(000,"id":"e$_","k":"message","group":"g1","member":"u1","text":"m$_ $filler"}), '*: wait 0.02') } 1 .. 12),
        '*: wait 0.6', '*: say {"t":"log","text":"all said"}' });
}

# What was said since the log had so many bytes, and what it read ever.
sub live_over {
    my ($where, $from) = @_;
    my $log = slurp("$where/chat.log");
    my $since = substr $log, $from;
    return $since =~ /S .*"all said"/ && $since =~ /"ack","seq":12\}/ && $log =~ /R .*"text":"done"/;
}

# Runs until it dies at the point, or all is over; true if it died.
sub live_dies {
    my ($where, $point, $n) = @_;
    my $from = -s "$where/chat.log" // 0;
    my $pid = start("$where/run", sub { $ENV{DRUMBEAT_CRASH_AT} = "$point:$n" if $point },
        drumbeat(), 'run', $where, '--db', "$where/brand.db", '--yes');
    my $until = now() + 20;
    while (now() < $until) {
        my $end = wait_end($pid, 0.02);
        if (defined $end) {
            ok($end == 128 + 9, "live: $point:$n ends by the kill alone", $end, slurp("$where/run.err"));
            $killed_at{$point}++;
            return 1;
        }
        if (live_over($where, $from)) { is(stop($pid), 0, 'live: ends well'); return 0 }
    }
    ok(0, "live: $point:$n comes to an end", slurp("$where/run.err"));
    done();
}

sub live_once {
    my ($where, $point, $n, $what) = @_;
    if (live_dies($where, $point, $n)) {
        check_db("$where/brand.db") or done();
        my ($acked) = (slurp("$where/chat.log") =~ /"ack","seq":(\d+)/g)[-1] // 0;
        ok($acked == 0 || sql("$where/brand.db", 'SELECT messages FROM groups') >= $acked,
            "$what: what was acknowledged ($acked) is there");
        live_dies($where, '', 0);
    }
    check_db("$where/brand.db");
    my %texts = map { $_->[1] => $_->[2] =~ /"text":"([^"]*)"/ } cmd_lines("$where/chat.log");
    is(join(',', sort values %texts), 'done,' . join(',', map { "step $_" } 1 .. 6), "$what: each is told under one key");
    is(sql("$where/brand.db", "SELECT value FROM memory WHERE name LIKE '%heard'"), 12, "$what: each event counts once");
}

sub live {
    my ($sockets, @points) = @_;
    my $round = 0;
    for my $point (@points) {
        for my $n ($long || $point eq 'wire.after' && !$sockets ? (1 .. 9) : (1, 4)) {
            my $where = live_campaign(($sockets ? 'socket' : 'live') . ++$round, $sockets);
            my $connector = $sockets ? connects($where, 'chat', 'chat') : undef;
            live_once($where, $point, $n, $sockets ? "socket, $point:$n" : "$point:$n");
            stop($connector, 'KILL') if $sockets;
        }
    }
}

# --- A release to come brings the evening's file to its schema (check.c). ---

sub migration {
    my (@points) = @_;
    my $kept = dir() . '/kept.db';
    my $seen_of = sub { return sql($db, 'SELECT messages, (SELECT schema_version FROM meta) FROM groups') };
    my $version = sql($kept, 'SELECT schema_version FROM meta');
    my ($old, $new) = ("8\t$version", "1008\t" . ($version + 1));
    for my $point (@points) {
        unlink glob("$folder/brand.db*");
        ok(system('cp', $kept, $db) == 0, 'a file of this release');
        my $pid = start("$folder/run", sub { $ENV{DRUMBEAT_CRASH_AT} = $point }, checker(), $db, 'migrate');
        is(wait_end($pid), 128 + 9, "$point ends by the kill alone") or next;
        $killed_at{$point}++;
        is($seen_of->(), $point =~ /after$/ ? $new : $old, "$point: all of it or nothing");
        is((run_it(checker(), $db, 'migrate'))[0], 0, "$point: it opens again");
        is($seen_of->(), $new, "$point: once");
    }
}

my @points = points_in_source();
ok(@points > 10, 'there are points');
my @live_only = grep { /^(ack|send|wire|checkpoint)\./ } @points;
my @migration = grep { /^migrate\./ } @points;
evening(grep { !/^(ack|send|wire|checkpoint|migrate)\./ } @points) if test('an evening');
migration(@migration) if test('a migration');
live(0, @live_only) if test('live');
# Of the store's, which an evening has all of: that nothing is acknowledged or sent before.
live(1, grep({ !/^checkpoint/ } @live_only), grep { /^(write|commit)\./ } @points) if test('over a socket');
if (test('all of them')) { ok($killed_at{$_}, "something died at $_") for @points }
done();
