#!/usr/bin/perl
# kill -9 at random instants, again and again: recorded events in virtual time, live with a connector
# that dies with the engine, and with two that connect over a socket, outlive it and come back. After
# each kill the file must hold every promise (check.c); in the end all must be as if nothing had
# happened.
#
#   crash.pl PROGRAM CHECKER [CYCLES]     CRASH_CYCLES=2000 for more kills, CRASH_SEED=n for the same;
#                                         10,000 with DRUMBEAT_LONG=1
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__), dirname(__FILE__) . '/../live';
use Crash;
use Harness;

my $seed = $ENV{CRASH_SEED} || time;
my $is_long = ($ENV{DRUMBEAT_LONG} // '') eq '1';
my $cycles = $ENV{CRASH_CYCLES} || ($is_long ? 10000 : $ARGV[2]) || 200;
srand $seed;
setup(@ARGV[0, 1], 'crash');
print "seed $seed, $cycles cycles\n";

my $folder = dir() . '/feed';
my $db = "$folder/brand.db";

# --- Recorded events: a day with a wheel, vouchers, orders, a chain of replies, scenes that wait
# (campaign/). ---

sub make_feed {
    my $start = 1762477200000;    # 2025-11-07 09:00 in Shanghai
    my @lines = ('{"t":"hello","proto":"dcp/1","name":"feed"}');
    my $at = $start;
    my $add = sub {
        my ($kind, $more) = @_;
        my $n = @lines;
        $at += 1 + int rand 150000;
        push @lines, qq({"t":"ev","seq":$n,"ts":$at,"id":"f$n","k":"$kind",$more});
    };
    my $who = sub { my $n = 1 + int rand 30; return qq("group":"g) . (1 + $n % 2) . qq(","member":"u$n") };
    $add->('member.join', qq("group":"g) . (1 + $_ % 2) . qq(","member":"u$_")) for 1 .. 30;
    my $orders = 0;
    for (1 .. 130) {
        my $what = rand;
        if ($what < 0.35) { $add->('message', $who->() . ',"text":"answer ' . (scalar @lines) . '"') }
        elsif ($what < 0.5) { $add->('message', $who->() . ',"text":"I am here"') }
        elsif ($what < 0.7) {
            my $w = $who->();
            $add->('press', $w . ',"button":"spin:' . ($w =~ /"g1"/ ? 1 : 2) . '"');
        }
        elsif ($what < 0.85) {
            $orders++;
            $add->('order.paid', $who->() . qq(,"order":"o$orders","total":"150.00","currency":"CNY",)
                . '"items":[{"sku":"S1","qty":1,"paid":"150.00"}]'
                . (rand() < 0.5 ? ',"vouchers":["v' . (1 + int rand 30) . '"]' : ''));
        }
        elsif ($what < 0.9 && $orders) {
            $add->('order.refunded', '"order":"o' . (1 + int rand $orders) . '","amount":"20.00"');
        }
        else { $add->('visit', $who->() . ',"sku":"S1"') }
    }
    spew("$folder/feed.jsonl", join("\n", @lines) . "\n");
    return scalar @lines;
}

sub feed_command {
    my ($file, $out) = @_;
    return (drumbeat(), 'run', $folder, '--db', $file, '--feed', "$folder/feed.jsonl", '--out', $out,
        '--seed', 7, '--quiet');
}

my $of_scene = qr/"text":"(step|replies|more|done|ten|I am here|Two spins)/;

sub feed_cycles {
    my ($wanted_cycles) = @_;
    ok(system('cp', '-r', dirname(__FILE__) . '/campaign', $folder) == 0, 'the campaign is there');
    my ($length, $seen);
    for my $try (1 .. 30) {  # A feed made at random may hold no voucher that is used.
        make_feed();
        unlink glob("$folder/whole.*");
        my $begun = now();
        my ($status, $out, $err) = run_it(feed_command("$folder/whole.db", "$folder/whole.out"));
        $length = now() - $begun;
        ok($status == 0 || $status == 4, 'the whole run ends well', $status, $err) or done();
        $seen = sights("$folder/whole.db");
        last if $seen =~ / FROM vouchers .*\n(  .*\n)*  .*\t2\t/;
    }
    print "  the whole run takes $length s\n";
    check_db("$folder/whole.db");
    my $whole = commands_of("$folder/whole.out");
    like($seen, qr/ FROM plays .*\n  .*\n  /, 'there were plays');
    like($seen, qr/ FROM vouchers .*\n(  .*\n)*  .*\t2\t/, 'vouchers were used');

    my ($kills, $ends, $tries) = (0, 0, 0);
    while ($kills < $wanted_cycles) {
        unlink glob("$folder/brand.db*"), glob("$folder/out*");
        my @outs;
        while (1) {
            push @outs, "$folder/out" . ++$tries;
            my $pid = start("$folder/run", feed_command($db, $outs[-1]));
            # Also into the start; and later each time, or it would never come to its end.
            my $patience = rand($length) * (0.3 + @outs / 10);
            my $end = $kills < $wanted_cycles ? wait_end($pid, $patience) : wait_end($pid, 60);
            if (defined $end) {
                ok($end == 0 || $end == 4, 'a run that isn\'t killed ends well', $end, slurp("$folder/run.err"));
                last;
            }
            kill 'KILL', $pid;
            wait_end($pid);
            $kills++;
            check_db($db) or done();
        }
        $ends++;
        check_db($db);
        compare_commands(commands_of(@outs), $whole, $of_scene, "after $kills kills");
        my $got = sights($db);
        ok($got eq $seen, 'the same in the end', first_difference($got, $seen)) if $got ne $seen;
    }
    printf "  %d kills, %d runs to the end\n", $kills, $ends;
}

# --- Live: scenes go on where they were. ---

# $prefix: of the events' ids; a pause after every $at_once.
sub events {
    my ($prefix, $count, $member, $at_once) = @_;
    return map { (qq(*: say {"t":"ev","seq":$_,"ts":) . time . qq(000,"id":"$prefix$_","k":"message",)
        . qq("group":"g1","member":"$member","text":"m$_"}),
        $_ % $at_once ? () : '*: wait ' . 0.02 * $at_once) } 1 .. $count;
}

sub live_campaign {
    my ($name, %more) = @_;
    return campaign(name => $name, playbook => <<'LUA', plan => { chat => join "\n",
at("00:00", "steps", function(group)
  for i = 1, 40 do
    group:say("step " .. i)
    group:wait(seconds(0.02))
  end
  group:say("done")
end, { late = "run" })
at("00:00", "counts", function(group)
  local many = group:wait_for { messages = 10, within = minutes(60) }
  group:say("ten " .. tostring(many))
end, { late = "run" })
on("message", function(event)
  event.group.memory.heard = (event.group.memory.heard or 0) + 1
end)
LUA
        '*: hello send', @{ $more{steps} || [] }, events('e', 20, 'u1', 1) }, %more);
}

sub live_command {
    my ($where) = @_;
    return (drumbeat(), 'run', $where, '--db', "$where/brand.db", '--yes');
}

sub all_said { return slurp("$_[0]/chat.log") =~ /R .*"text":"done"/ && slurp("$_[0]/chat.log") =~ /"ack","seq":20\}/ }

sub times_up { return scalar(() = slurp("$_[0]/run.err") =~ /chat is up/g) }

sub live_cycles {
    my ($wanted_cycles) = @_;
    my $whole = live_campaign('whole');
    my $pid = start("$whole/run", live_command($whole));
    wait_for('the whole run', sub { all_said($whole) });
    is(stop($pid), 0, 'the whole run ends well');
    my %wanted = map { $_->[1] => $_->[2] =~ s/,"not_after":\d+//r } cmd_lines("$whole/chat.log");
    is(scalar keys %wanted, 42, 'commands of the whole run');

    my ($kills, $round) = (0, 0);
    while ($kills < $wanted_cycles) {
        my $where = live_campaign('killed' . ++$round);
        my $starts = 0;
        while (1) {
            my $ups = times_up($where);
            $pid = start("$where/run", live_command($where));
            my $over = all_said($where);
            if ($over || $kills >= $wanted_cycles) {
                wait_for('its end', sub { all_said($where) && times_up($where) > $ups });
                is(stop($pid), 0, 'ends well');
                last;
            }
            select undef, undef, undef, rand(0.08 + 0.02 * $starts++);
            kill 'KILL', $pid;
            wait_end($pid);
            $kills++;
            check_db("$where/brand.db") or done();
        }
        check_db("$where/brand.db");
        my %got = map { $_->[1] => $_->[2] =~ s/,"not_after":\d+//r } cmd_lines("$where/chat.log");
        compare_commands(\%got, \%wanted, $of_scene, "live, $kills kills");
        is(sql("$where/brand.db", 'SELECT messages FROM groups'), 20, 'each event counts once');
        is(sql("$where/brand.db", "SELECT value FROM memory WHERE name LIKE '%heard'"), 20, 'in Lua as well');
        is(sql("$where/brand.db", 'SELECT count(*), max(status) FROM scenes WHERE status = 2'), "2\t2", 'scenes end');
    }
    print "  $kills kills, $round runs to the end\n";
}

# --- Over a socket: connectors outlive the engine, connect again and say what isn't acknowledged. ---

my @clients = qw(chat other);

sub said_over_sockets {
    my ($where) = @_;
    my @logs = map { slurp("$where/$_.log") } @clients;
    return "@logs" =~ /R .*"text":"done"/ && !grep { !/"ack","seq":20\}/ } @logs;
}

# The second one's connection is cut now and then, whatever the engine does.
sub socket_campaign {
    my ($name) = @_;
    my $where = live_campaign($name, sockets => 1, steps => ['*: resume']);
    spew("$where/other.plan", join "\n", '*: hello send', '*: resume', '*: again 7', events('f', 20, 'u2', 5));
    return $where;
}

# Acknowledged events are in the file.
sub check_acks {
    my ($where) = @_;
    return if !-s "$where/brand.db";
    my $acked = 0;
    for my $client (@clients) {
        my ($least) = sort { $b <=> $a } slurp("$where/$client.log") =~ /R \{"t":"ack","seq":(\d+)\}/g;
        $acked += $least // 0;
    }
    return if $acked == 0;
    my $there = sql("$where/brand.db", 'SELECT sum(messages) FROM groups');
    ok($there >= $acked, "what was acknowledged is there", "$there of $acked");
}

sub said_by_key {
    my ($where) = @_;
    my @lines = map { cmd_lines("$where/$_.log") } @clients;
    return map { $_->[1] => $_->[2] =~ s/,"not_after":\d+//r } @lines;
}

sub socket_cycles {
    my ($wanted_cycles) = @_;
    my $whole = socket_campaign('socket');
    my $pid = start("$whole/run", live_command($whole));
    my @others = map { connects($whole, 'chat', $_) } @clients;
    wait_for('the whole run', sub { said_over_sockets($whole) });
    is(stop($pid), 0, 'the whole run ends well');
    stop($_, 'KILL') for @others;
    my %wanted = said_by_key($whole);
    is(scalar keys %wanted, 42, 'commands of the whole run');

    my ($kills, $others_killed, $round) = (0, 0, 0);
    while ($kills < $wanted_cycles) {
        my $where = socket_campaign('sockets' . ++$round);
        my $starts = 0;
        @others = map { connects($where, 'chat', $_) } @clients;
        while (1) {
            my $ups = times_up($where);
            $pid = start("$where/run", live_command($where));
            if (said_over_sockets($where) || $kills >= $wanted_cycles) {
                wait_for('its end', sub { said_over_sockets($where) && times_up($where) > $ups });
                is(stop($pid), 0, 'ends well');
                last;
            }
            select undef, undef, undef, rand(0.08 + 0.02 * $starts++);
            if (rand() < 0.3) {    # A connector goes first.
                my $which = int rand @clients;
                stop($others[$which], 'KILL');
                $others[$which] = connects($where, 'chat', $clients[$which]);
                select undef, undef, undef, rand(0.02);
                $others_killed++;
            }
            kill 'KILL', $pid;
            wait_end($pid);
            $kills++;
            check_acks($where);
            check_db("$where/brand.db") or done();
        }
        stop($_, 'KILL') for @others;
        check_db("$where/brand.db");
        my %got = said_by_key($where);
        compare_commands(\%got, \%wanted, $of_scene, "sockets, $kills kills");
        is(sql("$where/brand.db", 'SELECT messages FROM groups'), 40, 'each event counts once');
        is(sql("$where/brand.db", "SELECT value FROM memory WHERE name LIKE '%heard'"), 40, 'in Lua as well');
        is(sql("$where/brand.db", 'SELECT count(*), max(status) FROM scenes WHERE status = 2'), "2\t2", 'scenes end');
    }
    print "  $kills kills, $others_killed of connectors, $round runs to the end\n";
}

feed_cycles(int($cycles * 0.8)) if test('recorded events');
live_cycles(int($cycles * 0.1)) if test('live');
socket_cycles(int($cycles * 0.1)) if test('over sockets');
done();
