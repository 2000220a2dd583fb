#!/usr/bin/perl
# Inputs of a day changed from the console while it runs: a preview is nothing, what is applied can be
# taken back in any order, a restart and an edit of the files keep it, and it goes back into the files.
use strict;
use warnings;
use File::Basename qw(dirname);
use IO::Socket::UNIX;
use lib dirname(__FILE__);
use Console;
use Harness;

setup(@ARGV, 'inputs');
$SIG{PIPE} = 'IGNORE';
$ENV{DRUMBEAT_RUN_DIR} = dir() . '/run';

sub event {
    my ($seq, $kind, $more) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"$kind","group":"old-1",)
        . qq("member":"u-1"$more});
}

my $playbook = <<'LUA';
local input = inputs {
  gift = money { money(10), help = "What a latecomer gets" },
  face = money { money(5), help = "What a voucher takes off" },
  pot = money { money(100), help = "The envelope" },
  doors = clock { "23:40", help = "When the doors close" },
  hello = words { "hello", help = "What is said" },
  luck = percent { percent(10), help = "Odds of the doors" },
  most = count { 10, min = 1, max = 50, help = "How many vouchers" },
}
local off = coupon { name = "off", off = input.face, total = input.most, budget = "games" }
local purse = envelope { name = "purse", total = input.pot, parts = 4, pays = "cash", budget = "games",
  cover = "x" }
at(input.doors, "doors", function(group) group:say("closed, " .. input.gift.text) end)
at("00:01", "open", function(group)
  group:wait(hours(23))
  group:say(input.hello)
end, { late = "run" })
on("message", function(event) event.group:say(input.hello .. " " .. event.text) end)
LUA

my $heard = 1;

# An engine with a client, and what it says to what members say.
sub place {
    my ($name, %o) = @_;
    my $folder = campaign(name => $name, playbook => $playbook, days => $o{days},
        plan => { chat => join "\n", '*: hello send dm pay', '1: say ' . event(1, 'member.join', '') },
        groups => qq(group { "old-1", title = "One", segment = "old", limit = 50, connector = "chat" }\n),
        head => qq(budget { "games", yuan(2000) }\n));
    return ($folder, "$folder/brand.db");
}

sub run_live {
    my ($folder) = @_;
    my ($name) = $folder =~ m{([^/]+)$};
    unlink "$ENV{DRUMBEAT_RUN_DIR}/$name/operate.sock";
    my $pid = start("$folder/live", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    my $client = dial($name);
    return ($pid, $client);
}

sub value_of {
    my ($client, $name) = @_;
    return ask($client, 'eval', 'inputs("1")') =~ /\\n\s*$name +(\S+)/ ? $1 : '?';
}

sub undo { my ($client, $tweak) = @_; return ask($client, 'undo', '', tweak => $tweak) }

if (test 'shown, refused, applied, taken back in any order') {
    my ($folder, $db) = place('change');
    my ($pid, $client) = run_live($folder);
    wait_for('the scene waits', sub { ask($client, 'eval', 'scenes') =~ /open/ });
    wait_for('her', sub { ask($client, 'eval', 'about "u-1"') =~ /joined/ });
    is(value_of($client, 'gift'), '¥10', 'a default');
    my $inputs = ask($client, 'eval', 'inputs(1)') =~ s/"id":\d+//r;
    my $start = hash($client);
    my %refused = (
        'change_input("1", "gfit", yuan(5))' => qr/has no input 'gfit', did you mean 'gift'/,
        'change_input("1", "gift", 5)' => qr/input 'gift' of playbook show is money: write yuan\(5\)|input 'gift'.*money/,
        'change_input("1", "doors", "25:99")' => qr/input 'doors'.*not a time of day/,
        'change_input("1", "most", 51)' => qr/input 'most'.*at most 50/,
        'change_input("9", "gift", yuan(5))' => qr/no day '9'/,
        'change_input("shwo", "gift", yuan(5))' => qr/did you mean 'show'/,
        'change_input("1", "gift")' => qr/which input becomes what/,
        'change_input("1", "pot", yuan(9000))' => qr/budget 'games' holds .*its playbooks may give/,
        'change_input("1", "doors", "00:00")' => qr/'doors' is moved to 00:00, which is past/,
        'change_input("1", "gift", yuan(5)); mute("old-1")' => qr/in a line of its own/,
        'change_input("1", "hello", function() end)' => qr/a function can't be kept/,
    );
    for my $line (sort keys %refused) {
        my $answer = ask($client, 'eval', $line);
        like($answer, qr/"ok":false/, "$line is refused");
        like($answer, $refused{$line}, "$line says why");
    }
    is(hash($client), $start, 'refusals change nothing');
    my $shown = ask($client, 'eval', 'change_input(1, "doors", "23:50")');
    is(field($shown, 'class'), 'move', 'a time is a move');
    like($shown, qr/~ entry +doors +23:40 → 23:50.*scenes that run: 1 adopt/s, 'told as a reload is');
    is(hash($client), $start, 'a preview changes nothing');
    like(apply($client, 'change_input(1, "doors", "23:50")'), qr/"applied":true.*"tweak":1.*"undo":true/, 'applied');
    like(ask($client, 'eval', 'timers'), qr/doors +23:50/, 'the run sheet follows');
    is(value_of($client, 'doors'), '23:50', 'and the value is there');
    $shown = ask($client, 'eval', 'change_input("show", "gift", yuan(25))');
    is(field($shown, 'class'), 'money', 'an amount is money');
    is(field($shown, 'confirm'), '25', 'to be typed');
    my $share = ask($client, 'preview', 'change_input("1", "luck", percent(20))');
    is(field($share, 'class'), 'money', 'a share is money as well');
    is(field($share, 'confirm'), '1', 'and to be confirmed');
    like(ask($client, 'apply', 'change_input("show", "gift", yuan(25))', confirm => '"24"'), qr/"ok":false/, 'typed wrongly');
    like(apply($client, 'change_input("show", "gift", yuan(25))'), qr/"tweak":2/, 'typed');
    like(ask($client, 'eval', 'try("doors", "old-1")'), qr/closed, ¥25/, 'what is said has it');
    like(apply($client, 'change_input("1", "pot", yuan(300))'), qr/¥1,25?0? ?|most it may cost/, 'what costs more is told');
    like(apply($client, 'change_input(1, "doors", "23:30")'), qr/"tweak":4/, 'once more');
    like(undo($client, 1), qr/input 'doors' of day 1 was changed since \(by tweak 4 of \w+: undo that one first\)/, 'the later one is named');
    like(undo($client, 2), qr/"applied":true/, 'another one goes back');
    is(value_of($client, 'gift'), '¥10', 'to its default');
    is(value_of($client, 'doors'), '23:30', 'and it alone');
    like(undo($client, $_), qr/"applied":true/, "undone $_") for 4, 1, 3;
    is(value_of($client, 'doors'), '23:40', 'as it was');
    like(ask($client, 'eval', 'timers'), qr/doors +23:40/, 'the run sheet too');
    is(ask($client, 'eval', 'inputs(1)') =~ s/"id":\d+//r, $inputs, 'and all of them');
    is(hash($client), $start, 'nothing is left behind');
    like(ask($client, 'eval', 'change_input(1, "gift", yuan(10))'), qr/it has that value already/, 'nothing to change');
    my $view = dial('change', 'view');
    like(ask($view, 'apply', 'change_input(1, "hello", "x")'), qr/"ok":false.*here to look/, 'who only looks changes none');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'a restart, a kill, an edit of the files keep it; the files get it back') {
    my ($folder, $db) = place('keep', days => qq(day(1) {\n  playbook = "show",\n)
        . qq(  doors = "23:41", -- As said on the poster.\n}\n));
    my ($pid, $client) = run_live($folder);
    wait_for('the scene waits', sub { ask($client, 'eval', 'scenes') =~ /open/ });
    my $long = 'good evening' . ' again' x 1000;
    like(apply($client, qq{change_input(1, "hello", "$long")}), qr/"applied":true/, 'a long text');
    like(apply($client, 'change_input(1, "doors", "23:52")'), qr/"applied":true/, 'a time');
    like(apply($client, 'change_input(1, "gift", yuan(12.5))'), qr/"applied":true/, 'an amount');
    stop($pid, 'KILL');
    ($pid, $client) = run_live($folder);
    is(value_of($client, 'doors'), '23:52', 'kept');
    like(ask($client, 'eval', 'tweaks'), qr/change_input/, 'listed');
    is(stop($pid), 0, 'ends well');
    check_db($db);
    my ($code, $out, $err) = run_it(drumbeat(), 'tweaks', '--db', $db, '--fold', $folder);
    is($code, 0, 'folded', $err);
    like($out, qr/^-.*doors = "23:41", -- As said on the poster\.\n\+.*doors = "23:52", -- As said/m, 'where it stands');
    like($out, qr/^\+.*\{ gift = yuan\(12\.5\), hello = "$long",/m, 'and where it stands nowhere');
    spew("$folder/campaign.lua", slurp("$folder/campaign.lua") =~ s/"23:41"/"23:45"/r);
    ($pid, $client) = run_live($folder);
    ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--yes');
    is($code, 0, 'an edit of the same input', $err);
    like($out, qr/~ input +doors +23:52 → 23:45/, 'wins');
    is(value_of($client, 'hello'), 'good', 'of others nothing is lost');
    like(undo($client, 2), qr/changed since, by an edit of campaign.lua/, 'and the tweak is overtaken');
    like(undo($client, 1), qr/"applied":true/, 'another can be taken back');
    is(value_of($client, 'hello'), 'hello', 'it is');
    like(undo($client, 3), qr/"applied":true/, 'and the last');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'a scene that does something else with the new value stays, and says why') {
    my ($folder, $db) = place('stays');
    my $text = slurp("$folder/playbooks/show/playbook.lua");
    $text =~ s/group:wait\(hours\(23\)\)/if input.most > 10 then group:say("many") end\n  group:wait(hours(23))/;
    $text .= <<'LUA';
at("23:30", "again", function(group)
  if input.most > 10 then group:say("many") end
  group:wait(hours(23))
end)
LUA
    spew("$folder/playbooks/show/playbook.lua", $text);
    my ($pid, $client) = run_live($folder);
    wait_for('the scene waits', sub { ask($client, 'eval', 'scenes') =~ /open/ });
    my $done = apply($client, 'change_input(1, "most", 20)');
    like($done, qr/0 adopt the new version, 1 stay on the old one/, 'told');
    like($done, qr/"applied":true/, 'done all the same');
    is(stop($pid), 0, 'ends well');
    ($pid, $client) = run_live($folder);
    like(ask($client, 'eval', 'scenes'), qr/open/, 'it waits on');
    like(apply($client, 'run_now("again")'), qr/"applied":true/, 'another begins');
    wait_for('both wait', sub { sql($db, 'SELECT count(DISTINCT version) FROM scenes WHERE status = 1') == 2 });
    $done = undo($client, 1);
    like($done, qr/"applied":true/, 'and back');
    like($done, qr/1 adopt the new version, 1 stay on the old one/, 'where the other stays');
    is(sql($db, "SELECT group_concat(v.id) FROM scenes s JOIN versions v ON v.id = s.version"), '4,3', 'on its own');
    like(apply($client, 'change_input(1, "most", 20)'), qr/1 adopt the new version, 1 stay/, 'and once more');
    like(undo($client, 3), qr/"applied":true/, 'and back');
    is(sql($db, "SELECT group_concat(v.id) FROM scenes s JOIN versions v ON v.id = s.version"), '6,5', 'each on what it began with');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'killed in the middle of it: all of it or nothing') {
    my ($folder, $db) = place('kill');
    my ($pid, $client) = run_live($folder);
    wait_for('the scene waits', sub { ask($client, 'eval', 'scenes') =~ /open/ });
    is(stop($pid), 0, 'ends well');
    my ($lost, $kept, $n) = (0, 0, 0);
    for my $point (map { my $p = $_; map { "$p:$_" } 1 .. 3 } qw(turn.before turn.after commit.before commit.after)) {
        my $was = sql($db, 'SELECT count(*) FROM tweaks');
        my $time = sprintf '23:%02d', 10 + ++$n;
        local $ENV{DRUMBEAT_CRASH_AT} = $point;
        ($pid, $client) = (start("$folder/live", drumbeat(), 'run', $folder, '--db', $db, '--yes'), undef);
        my $until = now() + 5;
        my ($ended, $answer);
        while (now() < $until && !defined($ended = wait_end($pid, 0))) {
            my $io = IO::Socket::UNIX->new(Peer => "$ENV{DRUMBEAT_RUN_DIR}/kill/operate.sock") or next;
            $answer = ask({ io => $io, got => '', id => 0 }, 'apply', qq(change_input(1, "doors", "$time")));
            last;
        }
        $ended //= wait_end($pid, 0.5) // stop($pid, 'KILL');
        my $now = sql($db, 'SELECT count(*) FROM tweaks');
        ok($now == $was + 1 || ($answer // '') !~ /"applied":true/, "$point: what was answered is there");
        my $whole = sql($db, "SELECT count(*) || ' ' || (SELECT instr(CAST(inputs AS TEXT), 'change_input') > 0 FROM days)"
            . " || ' ' || (SELECT count(*) FROM scenes WHERE version = (SELECT max(id) FROM versions)) FROM versions");
        is($whole, (2 + $now) . ($now ? ' 1 1' : ' 0 1'), "$point: all or nothing");
        $now == $was ? $lost++ : $kept++;
    }
    ok($lost > 0 && $kept > 0, "kills left the old value $lost times, the new one $kept times");
    check_db($db);
}

done();
