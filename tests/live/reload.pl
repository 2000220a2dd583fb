#!/usr/bin/perl
# drumbeat reload against an engine that runs, and against its file; kills in the middle of it leave
# the old version or the new one.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Copy qw(copy);
use IO::Handle;
use IO::Socket::UNIX;
use lib dirname(__FILE__);
use Console;
use Harness;

setup(@ARGV, 'reload');
$SIG{PIPE} = 'IGNORE';
$ENV{DRUMBEAT_RUN_DIR} = dir() . '/run';
mkdir $ENV{DRUMBEAT_RUN_DIR}, 0700;

sub book {
    my ($word, $more) = @_;
    return qq(playbook { name = "show", version = 1, goal = "traffic", about = "A test" }\n)
        . qq(on("message", function(event) event.group:say("$word " .. event.text) end)\n)
        . ($more // '');
}

sub event {
    my ($seq, $text) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"message","group":"g1",)
        . qq("member":"u1","text":"$text"});
}

# Of the engine's state, as who looks on is told.
sub view_hash {
    my $client = IO::Socket::UNIX->new(Peer => dir() . '/run/evening/view.sock') or die $!;
    $client->autoflush(1);
    print {$client} qq({"id":1,"op":"hello"}\n{"id":2,"op":"hash"}\n);
    my $said = <$client> . <$client>;
    return $said =~ /"hash":"([0-9a-f]+)"/ ? $1 : "none: $said";
}

sub edit { my ($folder, $text) = @_; spew("$folder/playbooks/show/playbook.lua", $text) }

my $late = qq(at("23:30", "late", function(group) group:say("late") end)\n);

if (test 'an engine that runs takes over an edit, goes back, and is still the same process') {
    my $folder = campaign(name => 'evening', plan => { chat => join "\n", '*: hello send',
        '1: say ' . event(1, 'one') });
    my $db = "$folder/brand.db";
    edit($folder, book('old'));
    my ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--dry');
    is($code, 6, 'no engine: exit 6');
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', $db, '--yes');
    wait_for('the echo', sub { slurp("$folder/chat.log") =~ /old one/ });
    ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--dry');
    is($code, 0, 'nothing to do: exit 0');
    like($out, qr/nothing has changed, version 1 goes on/, 'says so');
    edit($folder, book('new', $late));
    ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--dry');
    is($code, 8, 'differences: exit 8');
    like($out, qr/version 1 becomes 2\nday 1\n.*\+ entry +late +23:30.*\(playbooks\/show\/playbook.lua:3\)/s,
        'the entry');
    like($out, qr/~ handler +message .*what it does/, 'the handler');
    edit($folder, book('new', 'at("23:30", "late", function(group) group:sya("late") end'));
    ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--yes');
    is($code, 3, 'a fault: exit 3');
    like($err, qr/playbooks\/show\/playbook.lua:\d+: .*not reloaded/s, 'with its place');
    my $head = slurp("$folder/campaign.lua");
    my $hash = view_hash();
    for my $wrong (qq(budget { "more", 30 }\n), qq(local x = none.at.all\n), qq(budget { "more" 3 }\n)) {
        spew("$folder/campaign.lua", $head . $wrong);
        edit($folder, book('new', qq(local x = = 3\nat("8pm", "late", function(group) end)\n)));
        ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--yes');
        is($code, 3, 'faults of both: exit 3');
        like($err, qr/campaign.lua:\d+: .*playbook.lua:3: unexpected.*playbook.lua:4: at: '8pm'.*not reloaded/s,
            'a fault of campaign.lua hides none of its playbooks');
        is(view_hash(), $hash, 'and nothing is left of it');
        like($hash, qr/^[0-9a-f]{16}/, 'a hash');
    }
    spew("$folder/campaign.lua", $head);
    edit($folder, book('new', $late));
    ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--yes', '--json');
    is($code, 0, 'taken over');
    like($out, qr/^\{"schema":"drumbeat.reload\/1","applied":true,"plan":\{.*"number":2/, 'as data');
    is(sql($db, 'SELECT count(*) FROM versions WHERE number = 2'), 2, 'durable when it is said');
    my $client = IO::Socket::UNIX->new(Peer => dir() . '/run/evening/view.sock') or die $!;
    my $asked = sub { print {$client} qq({"id":1,"op":"hello"}\n); return scalar <$client> };
    $client->autoflush(1);
    like($asked->(), qr/"ok":true/, 'somebody looks on');
    ($code, $out, $err) = run_it('sh', '-c', 'echo "reload ' . $folder . '" | ' . drumbeat() . ' attach');
    like($out, qr/you are here to look/, 'the console reloads once it is live');
    print {$client} qq({"id":1,"op":"reload","folder":"$folder"}\n);
    like(scalar <$client>, qr/"ok":false.*here to look/, 'who looks on reloads nothing');
    ($code, $out, $err) = run_it(drumbeat(), 'reload', '--back', '1', '--yes');
    is($code, 0, 'and back');
    like($out, qr/the sources of version 1 again.*reloaded: version 3 runs/s, 'says so');
    ($code, $out, $err) = run_it(drumbeat(), 'audit', '--db', $db);
    like($out, qr/^reload  [^\n]*\n  > reload\n  version 2 runs\n  day 1\n    \+ entry +late +23:30 .*\n    ~ handler +message/,
        'the audit has what changed');
    like($out, qr/^reload [^\n]*\n  > reload back 1\n  version 3 runs\n  day 1\n.*    - entry +late +23:30/sm, 'and back');
    ($code, $out, $err) = run_it(drumbeat(), 'audit', '--db', $db, '--json');
    like($out, qr/"line":"reload".*"reload":\{"back_to":0,.*"how":"added","name":"late".*"line":"reload back 1"/, 'as data');
    ($code, $out, $err) = run_it(drumbeat(), 'reload', '--back', '7', '--yes');
    is($code, 3, 'no such version');
    like($err, qr/there is no version 7: there are 1 to 3/, 'says which there are');
    ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--db', $db, '--yes');
    is($code, 1, 'its file is in use');
    like($asked->(), qr/"ok":true/, 'and still does');
    ok(kill(0, $pid), 'the engine runs on');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'from which sum on a second person is asked') {
    my $folder = campaign(name => 'care', plan => { chat => '*: hello send' },
        head => qq(budget { "gifts", yuan(1000) }\n));
    edit($folder, book('old'));
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    wait_for('the engine', sub { slurp("$folder/run.err") =~ /chat is up/ });
    spew("$folder/campaign.lua", slurp("$folder/campaign.lua") =~ s/title = "Test"/title = "Test", second_person_above = yuan(100)/r);
    my ($code, $out) = run_it(drumbeat(), 'reload', $folder, '--yes');
    like($out, qr/campaign +care +¥0 → ¥100; second_person_above.*version 2 runs/s, 'is told');
    ($code, $out) = run_it(drumbeat(), 'eval', '--apply', '--confirm', '1200', 'budget_add("gifts", yuan(200))');
    like($out, qr/second person/, 'and holds from then on');
    is(stop($pid), 0, 'ends well');
    check_db("$folder/brand.db");
}

# Files that nobody has run yet are run by a child: whatever they do, the engine's rounds stay short.
if (test 'an edit that never ends, and one that eats memory') {
    my $folder = campaign(name => 'runaway', plan => { chat => '*: hello send' });
    edit($folder, book('old'));
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    wait_for('the engine', sub { slurp("$folder/run.err") =~ /chat is up/ });
    for my $edit ('while true do end', 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end') {
        edit($folder, book('new', $edit));
        my ($code, undef, $err) = run_it(drumbeat(), 'reload', $folder, '--yes');
        is($code, 3, 'refused');
        like($err, qr{playbooks/show/playbook.lua:3: stopped: it .*not reloaded}s, 'with its place');
    }
    my (undef, $status) = run_it(drumbeat(), 'status', '--json');
    like($status, qr/"loop":\{"lag_us":\d+/, 'its longest round is known');
    printf "longest round meanwhile: %.1f ms\n", ($status =~ /"lag_us":(\d+)/)[0] / 1000;
    is(sql("$folder/brand.db", 'SELECT max(number) FROM versions'), 1, 'the version before runs on');
    is(stop($pid), 0, 'ends well');
}

if (test 'an entry that has begun is only warned of; who is attached notices nothing') {
    my $folder = campaign(name => 'begun', plan => { chat => "*: hello send\n" });
    my $db = "$folder/brand.db";
    my $book = sub {
        my ($open, $say) = @_;
        edit($folder, book('old', <<"LUA"));
at("$open", "open", function(group)
  group:wait(hours(23))
  group:say("$say")
end, { late = "run" })
LUA
    };
    $book->('00:05', 'end');
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', $db, '--yes');
    my $watcher = dial('begun', 'view');
    my $live = dial('begun');
    wait_for('the scene', sub { ask($live, 'eval', 'scenes') =~ /open/ });
    syswrite $watcher->{io}, qq({"id":77,"op":"watch","text":"groups","every_ms":200}\n);
    my $ticks = 0;
    for my $n (1 .. 6) {
        $book->($n % 2 ? '00:04' : '00:05', "end $n");
        my ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--yes', '--json');
        is($code, 0, "taken over, time $n", $err);
        like($out, qr/"how":"moved","name":"open","note":"it has begun already[^"]*","to":"[0-9:]+","warns":true/,
            'with a warning');
        like(read_line($watcher), qr/"id":77,"ok":true/, 'who watches goes on');
        $ticks++;
        like(ask($live, 'hello'), qr/"ok":true/, 'and so does who may change things');
    }
    is(sql($db, "SELECT count(*) FROM scenes WHERE name = 'open'"), 1, 'it has not begun again');
    is($ticks, 6, 'one connection all the time');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

# A file with a scene that waits, and an edit of it.
my $folder = campaign(name => 'kills', playbook => '', plan => {});
my $db = "$folder/brand.db";
if (test 'the file of an engine that is stopped') {
    edit($folder, book('old', <<'LUA'));
at("00:05", "open", function(group) group:wait(hours(23)) end, { late = "run" })
LUA
    spew("$folder/campaign.lua", slurp("$folder/campaign.lua")
        . qq(group { "g1" }\ngroup { "g2" }\n));
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', $db, '--yes');
    wait_for('scenes', sub { -e $db && sql($db, 'SELECT count(*) FROM scenes WHERE status = 1') eq '2' });
    is(stop($pid), 0, 'ends well');
    edit($folder, book('new', <<'LUA' . $late));
at("00:05", "open", function(group)
  group:wait(hours(22))
  group:say("end")
end, { late = "run" })
LUA
    my ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--db', $db, '--dry');
    is($code, 8, 'differences');
    like($out, qr/scenes that run: 2 adopt/, 'and scenes');
    check_db($db);
}

my %seen;
for my $point (qw(turn.before turn.after write.before commit.before commit.after close.before)) {
    for my $n (1 .. 3) {
        next unless test "killed at $point, time $n";
        my $copy = "$folder/$point.$n.db";
        copy($db, $copy) or die $!;
        $ENV{DRUMBEAT_CRASH_AT} = "$point:$n";
        my ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--db', $copy, '--yes');
        delete $ENV{DRUMBEAT_CRASH_AT};
        my $number = sql($copy, 'SELECT max(number) FROM versions');
        my $whole = sql($copy, "SELECT (SELECT count(*) FROM versions WHERE number = 2) || ' ' ||"
            . " (SELECT count(*) FROM scenes s JOIN versions v ON v.id = s.version WHERE v.number = 2)"
            . " || ' ' || (SELECT count(*) FROM schedule WHERE name = 'late' AND status = 0)");
        is($whole, $number == 2 ? '2 2 2' : '0 0 0', "all of version $number");
        $seen{$number}++ if $code > 128;
        check_db($copy);
        ($code, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--db', $copy, '--yes');
        is($code, 0, 'and then it is taken over');
        is(sql($copy, 'SELECT max(number) FROM versions'), 2, 'once');
        check_db($copy);
    }
}
ok($seen{1} && $seen{2}, 'kills left the old one and the new one') if test('both sides');

# The engine itself, killed at any instant while it takes over.
for my $n (1 .. 8) {
    next unless test "an engine killed while it takes over, $n";
    my $copy = "$folder/live.$n.db";
    copy($db, $copy) or die $!;
    unlink dir() . '/run/kills/operate.sock';
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', $copy, '--yes');
    wait_for('its sockets', sub { -S dir() . '/run/kills/operate.sock' });
    my $asks = start("$folder/ask", drumbeat(), 'reload', $folder, '--yes');
    select undef, undef, undef, 0.02 * $n;
    is(stop($pid, 'KILL'), 137, 'killed');
    my $said = wait_end($asks);
    my $number = sql($copy, 'SELECT max(number) FROM versions');
    ok($said != 0 || $number == 2, 'what was said to be done is done');
    is(sql($copy, 'SELECT count(*) FROM versions WHERE number = 2'), $number == 2 ? 2 : 0, 'all of it');
    check_db($copy);
}

done();
