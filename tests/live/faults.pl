#!/usr/bin/perl
# Databases that can't be used, playbooks that misbehave: through the real program.
use strict;
use warnings;
use Fcntl qw(:seek);
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'faults');

sub run_live {
    my ($folder, @more) = @_;
    return start("$folder/run", @more, drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
}

sub event {
    my ($seq, $text) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"message","group":"g1",)
        . qq("member":"u1","text":"$text"});
}

my $echo = q{on("message", function(event) event.group:say("heard " .. event.text) end)} . "\n";

# A campaign that ran once and was stopped.
sub made_before {
    my ($name) = @_;
    my $folder = campaign(name => $name, playbook => $echo,
        plan => { chat => '*: hello send' . "\n" . '*: say ' . event(1, 'x') });
    my $pid = run_live($folder);
    wait_for('an answer', sub { slurp("$folder/chat.log") =~ /S \{"t":"res"/ });
    is(stop($pid), 0, 'ends well');
    unlink "$folder/run.err";
    return $folder;
}

# Runs on the file as it is; it must refuse with this code and text, and leave the connector alone.
sub refuses {
    my ($folder, $code, $text, @more) = @_;
    my $before = slurp("$folder/chat.log");
    is(wait_end(run_live($folder, @more)), $code, "exit code $code");
    like(slurp("$folder/run.err"), $text, 'says why');
    ok(slurp("$folder/chat.log") eq $before, 'nothing was started');
}

if (test 'files that are no databases of ours') {
    my $folder = campaign(name => 'files', plan => { chat => '*: hello send' });
    spew("$folder/brand.db", "This is no database, only a text.\n" x 50);
    refuses($folder, 7, qr/brand\.db: .*no SQLite database/i);
    unlink "$folder/brand.db", "$folder/run.err";
    mkdir "$folder/brand.db";
    refuses($folder, 3, qr/brand\.db is no file/);
    rmdir "$folder/brand.db";
    unlink "$folder/run.err";
    sql("$folder/brand.db", 'CREATE TABLE mine(x)');
    refuses($folder, 3, qr/database of another program\. It was not changed/);
}

if (test 'a newer schema, a damaged page, an emptied file') {
    my $folder = made_before('newer');
    sql("$folder/brand.db", 'PRAGMA user_version = 99');
    refuses($folder, 3, qr/made by a newer drumbeat/);

    $folder = made_before('damaged');
    open my $file, '+<', "$folder/brand.db" or die;
    for my $page (2 .. 12) { seek $file, 4096 * $page, SEEK_SET; print {$file} 'x' x 4096 }
    close $file;
    refuses($folder, 7, qr/damaged.*start from a backup/s);

    $folder = made_before('journal');
    sql("$folder/brand.db", "UPDATE journal SET body = zeroblob(length(body)) WHERE rowid = 1");
    refuses($folder, 7, qr/journal|turn/);
}

if (test 'locked by an operator: while it starts, for a moment, for long') {
    my $folder = campaign(name => 'locked', playbook => $echo, plan => { chat => '*: hello send' });
    sql("$folder/brand.db", 'PRAGMA journal_mode = WAL');
    my $lock = lock_file("$folder/brand.db");
    refuses($folder, 1, qr/brand\.db: .*(locked|in use|busy)/i);
    unlock($lock);
    unlink "$folder/run.err";

    # A moment is waited out; what is said meanwhile is acknowledged afterwards.
    spew("$folder/chat.plan", join "\n", '*: hello send', '*: wait 0.3', '*: say ' . event(2, 'y'),
        '*: until "seq":2', '*: wait 0.3', '*: say ' . event(3, 'z'));
    my $pid = run_live($folder);
    wait_for('it is up', sub { slurp("$folder/run.err") =~ /chat is up/ });
    $lock = lock_file("$folder/brand.db");
    wait_for('the event', sub { slurp("$folder/chat.log") =~ /S .*"text":"y"/ });
    select undef, undef, undef, 0.5;
    ok(slurp("$folder/chat.log") !~ /R .*heard y|"ack","seq":2/, 'nothing leaves while it is locked');
    unlock($lock);
    wait_for('the answer', sub { slurp("$folder/chat.log") =~ /R .*heard y/ });
    wait_for('the ack', sub { slurp("$folder/chat.log") =~ /"ack","seq":2/ });
    $lock = lock_file("$folder/brand.db");
    my $holder = -e '/proc/locks' ? "process $lock->[0]" : qr/\S.*/;
    wait_for('a warning', sub { slurp("$folder/run.err") =~ /brand\.db: $holder holds it locked/ });
    ok(slurp("$folder/chat.log") !~ /R .*heard z|"ack","seq":3/, 'nothing left before it was kept');
    if (($ENV{DRUMBEAT_LONG} // '') eq '1') {
        is(wait_end($pid, 90), 1, 'after a minute it gives up');
        like(slurp("$folder/run.err"), qr/drumbeat run: .*brand\.db: .*locked/, 'and says why');
        ok(slurp("$folder/chat.log") !~ /R .*heard z|"ack","seq":3/, 'nothing left');
        unlock($lock);
        $pid = run_live($folder);
    } else {
        unlock($lock);
    }
    wait_for('the answer', sub { slurp("$folder/chat.log") =~ /R .*heard z/ });
    is(stop($pid), 0, 'ends well');
    check_db("$folder/brand.db");
}

sub lock_file {
    my ($db) = @_;
    pipe my $hold, my $release or die;
    my $pid = start("$db.lock", sub { close $release; open STDIN, '<&', $hold or die },
        checker(), $db, 'lock');
    close $hold;
    wait_for('the lock', sub { slurp("$db.lock.out") =~ /locked/ });
    return [$pid, $release, $db];
}

sub unlock { close $_[0][1]; wait_end($_[0][0]); unlink "$_[0][2].lock.out" }

if (test 'a folder where nothing may be written') {
    my $folder = campaign(name => 'readonly', plan => { chat => '*: hello send' });
    if (-e '/proc/self') {    # Where even root may not.
        my ($status, $out, $err) = run_it(drumbeat(), 'run', $folder, '--db', '/proc/brand.db', '--yes');
        is($status, 1, 'exit code');
        like($err, qr{/proc/brand\.db}, 'names the file');
    }
    my ($status, $out, $err) = run_it(drumbeat(), 'run', $folder, '--db', "$folder/no/brand.db", '--yes');
    is($status, 1, 'exit code');
    like($err, qr{no/brand\.db.*No such file}s, 'names the file');
}

if (test 'a handler that fails, loops or eats memory loses what it did, and nothing else') {
    my $folder = campaign(name => 'playbook', playbook => <<'LUA', plan => { chat => join "\n",
local kept = {}
on("message", function(event)
  event.group.memory.before = event.text
  event.group:say("lost " .. event.text)
  if event.text == "fail" then
    local nothing = nil
    return nothing.field
  elseif event.text == "loop" then
    while true do
      kept[1] = 1
    end
  elseif event.text == "bomb" then
    for i = 1, 1000000000 do
      kept[i] = { i }
    end
  end
end)
on("message", function(event)
  event.group:say("second " .. event.text)
end)
at("00:00", "endless", function(group)
  group:wait(seconds(0.1))
  while true do
    kept[1] = 1
  end
end, { late = "run" })
at("00:00", "patient", function(group)
  for i = 1, 12 do
    group:wait(seconds(0.1))
  end
  group:say("patient")
end, { late = "run" })
LUA
        '*: hello send', '*: say ' . event(1, 'fail'), '*: say ' . event(2, 'good'),
        '*: wait 0.4', '*: say ' . event(3, 'loop'), '*: wait 0.4', '*: say ' . event(4, 'fine') });
    my $pid = run_live($folder);
    wait_for('the patient scene', sub { slurp("$folder/chat.log") =~ /R .*"patient"/ });
    wait_for('the last answer', sub { slurp("$folder/chat.log") =~ /R .*"second fine"/ });
    is(stop($pid), 1, 'the exit code says that something failed');
    my $said = join ' ', map { $_->[2] =~ /"text":"([^"]*)"/ } cmd_lines("$folder/chat.log");
    ok($said !~ /lost fail|lost loop/, 'what a failed handler did is undone');
    like($said, qr/second fail.*lost good second good.*second loop.*lost fine second fine/, 'the rest is not');
    my $err = slurp("$folder/run.err");
    like($err, qr{playbook\.lua:8: .*nothing}, 'the error is named with its line');
    like($err, qr{playbook\.lua:1[012].*stopped: it (worked too long|ran for)}, 'the loop as well');
    like($err, qr{endless.*playbook\.lua:2\d.*stopped: it (worked too long|ran for)}, 'and the one in a scene');
    is(sql("$folder/brand.db", 'SELECT messages FROM groups'), 4, 'facts are kept');
    check_db("$folder/brand.db");
}

if (test 'three kills suspend a playbook; everything else goes on') {
    my $folder = campaign(name => 'kills', days => <<'LUA',
day(1) { playbook = "show", groups = { "g1" } }
day(1) { playbook = "calm", groups = { "g2" }, track = "b" }
LUA
        groups => join('', map { qq(group { "g$_", segment = "old", connector = "chat" }\n) } 1, 2),
        playbook => <<'LUA', plan => { chat => join "\n", '*: hello send',
on("message", function(event)
  local t = {}
  for i = 1, 1000000000 do
    t[i] = { i }
  end
end)
LUA
        map { '*: say ' . event($_, "m$_"), '*: say ' . event($_ + 10, "m$_") =~ s/"g1"/"g2"/r } 1 .. 6 });
    mkdir "$folder/playbooks/calm";
    spew("$folder/playbooks/calm/playbook.lua",
        qq(playbook { name = "calm", version = 1, goal = "traffic", about = "x" }\n$echo));
    my $pid = run_live($folder);
    wait_for('six answers', sub { slurp("$folder/chat.log") =~ /R .*"heard m6"/ }, 30);
    is(stop($pid), 1, 'the exit code says that something failed');
    my $err = slurp("$folder/run.err");
    is(scalar(() = $err =~ /playbook\.lua:[45]: stopped/g), 3, 'three kills, then no more');
    is(sql("$folder/brand.db", "SELECT group_concat(status) FROM (SELECT status FROM days ORDER BY playbook)"),
        '1,2', 'the calm one runs, the other is suspended');
    is(sql("$folder/brand.db", 'SELECT sum(messages) FROM groups'), 12, 'facts are kept');
    $pid = run_live($folder);
    wait_for('up again', sub { @{[slurp("$folder/run.err") =~ /chat is up/g]} >= 2 });
    is(stop($pid), 0, 'ends well');
    is(sql("$folder/brand.db", "SELECT status FROM days WHERE playbook = 'show'"), 2, 'it stays suspended');
    check_db("$folder/brand.db");
}

done();
