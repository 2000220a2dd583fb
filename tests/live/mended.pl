#!/usr/bin/perl
# Playbooks that fail, are edited, and go on: handlers with all they missed, scenes where they stood.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'mended');
$ENV{DRUMBEAT_RUN_DIR} = dir() . '/run';
mkdir $ENV{DRUMBEAT_RUN_DIR}, 0700;

sub event {
    my ($seq, $text) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"message","group":"g1",)
        . qq("member":"u1","text":"$text"});
}

sub run_live {
    my ($folder) = @_;
    unlink "$folder/run.err";
    return start("$folder/run", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
}

sub said { return slurp("$_[0]/run.err") }
sub texts { return join ' ', map { $_->[2] =~ /"text":"([^"]*)"/ } cmd_lines("$_[0]/chat.log") }
sub is_acked { my ($folder, $seq) = @_; return slurp("$folder/chat.log") =~ /"ack","seq":$seq\}/ }

sub parked {
    my ($folder, @more) = @_;
    my ($status, $out, $err) = run_it(drumbeat(), 'parked', '--db', "$folder/brand.db", @more);
    return wantarray ? ($status, $out . $err) : $out . $err;
}

my $head = qq(playbook { name = "show", version = 1, goal = "traffic", about = "A test" }\n);

sub edit {
    my ($folder, $text) = @_;
    spew("$folder/playbooks/show/playbook.lua", $head . $text);
}

my $broken = <<'LUA';
on("message", function(event)
  local seen = (event.group.memory.seen or 0) + 1
  event.group.memory.seen = seen
  event.group:say("heard " .. event.text)
  return event.text.no.such
end)
on("message", function(event)
  event.group.memory.other = (event.group.memory.other or 0) + 1
end)
LUA

my $mended = $broken =~ s/  return event.text.no.such\n//r;

if (test 'a handler that fails five times in a row is suspended; mended, it gets all it missed, in order') {
    my $folder = campaign(name => 'handler', playbook => $broken, plan => { chat => join "\n",
        '*: hello send', map { "1: say " . event($_, "m$_") } 1 .. 8 });
    my $db = "$folder/brand.db";
    my $pid = run_live($folder);
    wait_for('the last event', sub { is_acked($folder, 8) });
    is(stop($pid), 1, 'the exit code says that something failed');
    my $err = said($folder);
    is(scalar(() = $err =~ /playbook\.lua:6: /g), 2, 'the error is told once, and when it is suspended');
    like($err, qr/again, 2 of 5 before it is suspended.*again, 4 of 5/s, 'in between it is counted');
    like($err, qr/suspended; its events are kept in order\. Mend the playbook and start again/, 'and what to do');
    is(texts($folder), '', 'nothing was said');
    is(sql($db, 'SELECT messages FROM groups'), 8, 'facts count');
    is(sql($db, "SELECT value FROM memory WHERE name LIKE '%other'"), 8, 'other handlers go on');
    like(scalar parked($folder), qr/handler +show message .* 8\s+playbooks/, 'listed with what is kept');
    check_db($db);

    $pid = run_live($folder);
    wait_for('up', sub { said($folder) =~ /chat is up/ });
    like(said($folder), qr/1 halted before, and no playbook was changed/, 'a start as it is says so');
    stop($pid);
    is(sql($db, 'SELECT count(*) FROM kept_events'), 8, 'and changes nothing');

    edit($folder, $broken =~ s/return event.text.no.such/return what is this/r);
    $pid = run_live($folder);
    wait_for('up', sub { said($folder) =~ /chat is up/ });
    like(said($folder), qr/playbook\.lua:6: .*mistakes, they stay halted/s, 'nor does one with mistakes');
    stop($pid);

    edit($folder, $mended);
    $pid = run_live($folder);
    wait_for('all of it', sub { texts($folder) =~ /m8/ });
    is(texts($folder), join(' ', map { "heard m$_" } 1 .. 8), 'in order, each once');
    like(said($folder), qr/what was halted goes on \(1 of 1\)/, 'said');
    is(stop($pid), 0, 'ends well');
    is(sql($db, "SELECT value FROM memory WHERE name LIKE '%seen'"), 8, 'each was handled once');
    is(sql($db, 'SELECT count(*) FROM kept_events'), 0, 'nothing is left');
    is(scalar parked($folder, '--json') =~ /"halted":\[\]/, 1, 'nor listed');
    check_db($db);
}

if (test 'a reload while it runs: handler and scene go on at once') {
    my $story = qq{at("00:00", "story", function(group)\n  group:wait(seconds(0.02))\n  group:say("then")\n}
        . qq{  local nothing = nil\n  group:say(nothing.field)\nend, { late = "run" })\n};
    my $folder = campaign(name => 'reload', playbook => $broken . $story, plan => { chat => join "\n",
        '*: hello send', map { "1: say " . event($_, "m$_") } 1 .. 6 });
    my $pid = run_live($folder);
    wait_for('the last event', sub { is_acked($folder, 6) && said($folder) =~ /halted in g1/ });
    wait_for('its socket', sub { -S "$ENV{DRUMBEAT_RUN_DIR}/reload/operate.sock" });
    edit($folder, $mended . $story =~ s/nothing\.field/"mended"/r);
    my ($status, $out, $err) = run_it(drumbeat(), 'reload', $folder, '--campaign', 'reload', '--yes');
    is($status, 0, 'taken over');
    wait_for('all of it', sub { texts($folder) =~ /m6/ && texts($folder) =~ /mended/ });
    like(texts($folder), qr/heard m1 .*heard m2 .*heard m3 .*heard m4 .*heard m5 .*heard m6/, 'in order');
    is(scalar(() = texts($folder) =~ /then/g), 1, 'the scene goes on, once');
    is(stop($pid), 1, 'ends well; something had failed');
    check_db("$folder/brand.db");
}

if (test 'without an edit: --resume, once what it needed is there; failing again it is suspended again') {
    my $folder = campaign(name => 'resume', playbook => $broken, plan => { chat => join "\n",
        '*: hello send', map { "1: say " . event($_, "m$_") } 1 .. 6 });
    my $pid = run_live($folder);
    wait_for('the last event', sub { is_acked($folder, 6) });
    stop($pid);
    my ($code, $out) = parked($folder, '--resume', 'other');
    is($code, 3, 'nothing of that name');
    like($out, qr/nothing of playbook 'other' is halted/, 'says so');
    ($code, $out) = parked($folder, '--resume', 'show');
    like($out, qr/show: goes on; 5 kept events given to its handlers/, 'tried until it is suspended again');
    like(scalar parked($folder), qr/handler +show message .* 6\s+playbooks/, 'all of it is kept still');
    check_db("$folder/brand.db");
}

if (test 'a function of every is suspended as well; resumed it is called again, mended it does what it should') {
    my $every = qq{every(seconds(1), "ticks", function(group)\n  local none = nil\n  group:say(none.field)\nend)\n};
    my $groups = join '', map { qq(group { "g$_", title = "T$_", segment = "old", limit = 500, connector = "chat" }\n) } 1 .. 6;
    my $folder = campaign(name => 'every', playbook => $every, groups => $groups, plan => { chat => '*: hello send' });
    my $db = "$folder/brand.db";
    my $pid = run_live($folder);
    wait_for('the fifth error', sub { said($folder) =~ /suspended; its times pass without it\. Mend the playbook/ });
    is(stop($pid), 1, 'the exit code says that something failed');
    like(scalar parked($folder), qr/every +show every ticks .* 0\s+playbooks/, 'listed');
    like(scalar parked($folder, '--resume', 'show'), qr/show: goes on/, 'a person says that it shall go on');
    is(scalar parked($folder, '--json') =~ /"halted":\[\]/, 1, 'no longer listed');
    edit($folder, $every =~ s/none\.field/"tick"/r);
    $pid = run_live($folder);
    wait_for('its socket', sub { -S "$ENV{DRUMBEAT_RUN_DIR}/every/operate.sock" });
    run_it(drumbeat(), 'reload', $folder, '--campaign', 'every', '--yes');
    wait_for('what it says', sub { texts($folder) =~ /tick/ });
    stop($pid);
    check_db($db);
}

if (test 'killed while it catches up: each event is handled once') {
    my $count = 200;
    my $folder = campaign(name => 'killed', playbook => $broken, plan => { chat => join "\n",
        '*: hello send', map { "1: say " . event($_, "m$_") } 1 .. $count });
    my $db = "$folder/brand.db";
    my $pid = run_live($folder);
    wait_for('the last event', sub { is_acked($folder, $count) });
    stop($pid);
    edit($folder, $mended);
    my $kills = 0;
    for (1 .. 12) {
        $pid = run_live($folder);
        select undef, undef, undef, 0.01 + rand(0.06);
        kill 'KILL', $pid;
        wait_end($pid);
        $kills++;
    }
    $pid = run_live($folder);
    wait_for('all of it', sub { said($folder) =~ /chat is up/ && texts($folder) =~ /m$count\b/ });
    is(stop($pid), 0, 'ends well');
    is(sql($db, "SELECT value FROM memory WHERE name LIKE '%seen'"), $count, "after $kills kills");
    check_db($db);
}

if (test 'a day that three kills suspended goes on with its playbook mended') {
    my $loop = qq{on("message", function(event)\n  event.group:say("heard " .. event.text)\n  while true do end\nend)\n};
    my $folder = campaign(name => 'kills', playbook => $loop, plan => { chat => join "\n",
        '*: hello send', (map { "1: say " . event($_, "m$_") } 1 .. 3), '2: say ' . event(4, 'm4') });
    my $db = "$folder/brand.db";
    my $pid = run_live($folder);
    wait_for('the third kill', sub { is_acked($folder, 3) });
    stop($pid);
    is(sql($db, 'SELECT status FROM days'), 2, 'suspended');
    edit($folder, $loop =~ s/  while true do end\n//r);
    $pid = run_live($folder);
    wait_for('an answer', sub { texts($folder) =~ /heard m4/ });
    is(sql($db, 'SELECT status FROM days'), 1, 'it runs again');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

my $scene = <<'LUA';
at("00:00", "story", function(group)
  for i = 1, 6 do
    group:say("before " .. i)
    group:wait(seconds(0.02))
  end
  group:say("then")
  local nothing = nil
  group:say(nothing.field)
  group:wait(seconds(0.02))
  group:say("after")
end, { late = "run" })
LUA

if (test 'a scene that fails is halted; mended, it goes on where it stood') {
    my $folder = campaign(name => 'scene', playbook => $scene, plan => { chat => '*: hello send' });
    my $db = "$folder/brand.db";
    my $pid = run_live($folder);
    wait_for('the error', sub { said($folder) =~ /halted/ });
    like(said($folder), qr{playbook\.lua:9: .*halted in g1\. Mend the playbook and start again}, 'file:line, where, what to do');
    is(stop($pid), 1, 'the exit code says that something failed');
    is(texts($folder), join(' ', map { "before $_" } 1 .. 6), 'what it did in that turn is undone');
    like(scalar parked($folder), qr/scene +story /, 'listed');
    check_db($db);

    edit($folder, $scene =~ s/nothing\.field/"mended"/r);
    $pid = run_live($folder);
    wait_for('the end', sub { texts($folder) =~ /after/ });
    is(texts($folder), join(' ', (map { "before $_" } 1 .. 6), qw(then mended after)), 'each once, to the end');
    is(stop($pid), 0, 'ends well');
    is(sql($db, 'SELECT status, resumes FROM scenes'), "2\t0", 'it is done');
    check_db($db);
}

if (test 'a scene that fails before its first wait begins anew') {
    my $folder = campaign(name => 'first', playbook => <<'LUA', plan => { chat => '*: hello send' });
at("00:00", "story", function(group)
  group:say("one")
  local nothing = nil
  group:say(nothing.field)
end, { late = "run" })
LUA
    my $pid = run_live($folder);
    wait_for('the error', sub { said($folder) =~ /halted/ });
    stop($pid);
    edit($folder, <<'LUA');
at("00:00", "story", function(group)
  group:say("one")
  group:wait(seconds(0.02))
  group:say("two")
end, { late = "run" })
LUA
    $pid = run_live($folder);
    wait_for('the end', sub { texts($folder) =~ /two/ });
    is(texts($folder), 'one two', 'each once');
    is(stop($pid), 0, 'ends well');
    check_db("$folder/brand.db");
}

if (test 'an edit of what a scene did already halts it with both') {
    my $folder = campaign(name => 'mismatch', playbook => $scene, plan => { chat => '*: hello send' });
    my $db = "$folder/brand.db";
    my $pid = run_live($folder);
    wait_for('the error', sub { said($folder) =~ /halted/ });
    stop($pid);
    my $good = $scene =~ s/nothing\.field/"mended"/r;
    edit($folder, $good =~ s/group:say\("before " \.\. i\)/group:announce("teaser", "before")/r);
    $pid = run_live($folder);
    wait_for('the mismatch', sub { said($folder) =~ /the code asks/ });
    wait_for('its start', sub { (() = slurp("$folder/chat.log") =~ / start /g) >= 2 });
    like(said($folder), qr/recorded 'say .*' as step 2, the code asks 'announce .*halted in g1/, 'names both');
    is(stop($pid), 1, 'the exit code says so');
    check_db($db);
    edit($folder, $good);
    $pid = run_live($folder);
    wait_for('the end', sub { texts($folder) =~ /after/ });
    is(texts($folder), join(' ', (map { "before $_" } 1 .. 6), qw(then mended after)), 'put back, it goes on');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

done();
