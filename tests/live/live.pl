#!/usr/bin/perl
# `drumbeat run` for real: the program, connectors as its child processes, a file.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'live');

sub run_live {
    my ($folder, @more) = @_;
    return start("$folder/run", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes', @more);
}

sub event {
    my ($seq, $fields) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"message","group":"g1",)
        . qq("member":{"id":"u1","name":"Ann"},$fields});
}

my $echo = <<'LUA';
on("message", function(event)
  if event.text == "five" then
    for i = 1, 5 do event.group:say("answer " .. i) end
  elseif event.text == "one" then
    event.group:say("heard")
  end
end)
LUA

if (test 'events are turned, acknowledged when durable; effects follow with their keys') {
    my $folder = campaign(name => 'basic', playbook => $echo . <<'LUA',
at("00:00", "opening", function(group)
  group:announce("teaser", "Good morning")
  group:wait(seconds(0.3))
  group:say("And now")
end, { late = "run" })
LUA
        plan => { chat => join "\n", '*: hello send', '*: say ' . event(1, '"text":"one"'),
            '*: say ' . event(2, '"text":"nothing"'), 'command *: ok' });
    my $log = "$folder/chat.log";
    my $pid = run_live($folder);
    wait_for('three commands', sub { cmd_lines($log) >= 3 });
    wait_for('acks', sub { slurp($log) =~ /"t":"ack","seq":2/ });
    my @commands = cmd_lines($log);
    is(scalar(grep { $_->[2] =~ /"text":"Good morning"/ } @commands), 1, 'announced once');
    is(scalar(grep { $_->[2] =~ /"text":"heard"/ } @commands), 1, 'handled once');
    is(scalar(grep { $_->[2] =~ /"text":"And now"/ } @commands), 1, 'the scene went on');
    my %keys = map { $_->[1] => 1 } @commands;
    is(scalar keys %keys, scalar @commands, 'each with a key of its own');
    is(stop($pid, 'INT'), 0, 'SIGINT ends it well');
    like(slurp("$folder/run.out"), qr/messages/, 'and the report is printed');
    like(slurp("$folder/run.err"), qr/stopping \(signal 2\)/, 'and it says so');
    like(slurp($log), qr/ end$/m, 'the connector saw the end of its input');
    is(sql("$folder/brand.db", 'SELECT count(*) FROM outbox WHERE status <> 2'), 0, 'all were sent');
    check_db("$folder/brand.db");
    $pid = run_live($folder);
    wait_for('acks again', sub { () = slurp($log) =~ /R \{"t":"ack","seq":2/g; return @{[slurp($log) =~ /R \{"t":"ack","seq":2/g]} >= 2 });
    is(stop($pid), 0, 'SIGTERM as well');
    is(scalar cmd_lines($log), 3, 'what was sent again was seen before: nothing new goes out');
    is(sql("$folder/brand.db", 'SELECT messages FROM groups'), 2, 'nothing is counted twice');
    is(sql("$folder/brand.db", 'SELECT events, refused, seq, last_at > 0, sent, failed, waiting FROM v_connector'),
        "2\t0\t2\t1\t3\t0\t0", 'what came from the connector, and what went out');
    check_db("$folder/brand.db");
}

if (test 'kill -9 right after an acknowledgement: the event is in the file') {
    my $plan = join "\n", '1: hello send', (map { '1: say ' . event($_, '"text":"nothing"') } 1 .. 40),
        '1: until "t":"ack"', '1: kill KILL', '1: exit 0';
    for my $round (1 .. 8) {
        my $folder = campaign(name => "ack$round", playbook => $echo, plan => { chat => $plan });
        is(wait_end(run_live($folder)), 137, 'killed');
        my ($acked) = slurp("$folder/chat.log") =~ /R \{"t":"ack","seq":(\d+)/;
        ok(($acked // 0) > 0, 'something was acknowledged');
        my $count = sql("$folder/brand.db", 'SELECT messages FROM groups');
        ok($count >= ($acked // 99), "acknowledged $acked, in the file $count");
        check_db("$folder/brand.db");
    }
}

if (test 'one command in flight a channel, in order') {
    my $folder = campaign(name => 'order', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', '*: say ' . event(1, '"text":"five"'), 'command *: ok after 0.03' });
    my $log = "$folder/chat.log";
    my $pid = run_live($folder);
    wait_for('five answers', sub { @{[slurp($log) =~ /S \{"t":"res"/g]} >= 5 });
    is(stop($pid), 0, 'ends well');
    my $seen = join ' ', map { /R .*"text":"(answer \d)/ ? $1 : /S \{"t":"res"/ ? 'res' : () } lines($log);
    is($seen, join(' ', map { "answer $_ res" } 1 .. 5), 'each waits for the result before it');
}

if (test 'too fast, errors, staff: again with the same key, no sooner than asked') {
    my $folder = campaign(name => 'again', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', '*: say ' . event(1, '"text":"one"'), 'command 1: rate 400',
        'command 2: error busy', 'command 3: awaiting' });
    my $log = "$folder/chat.log";
    my $pid = run_live($folder);
    wait_for('a person to confirm', sub { @{[slurp($log) =~ /S \{"t":"res"/g]} >= 4 });
    wait_for('the turn of it', sub { sql("$folder/brand.db", 'SELECT status FROM outbox') eq '2' });
    my @commands = cmd_lines($log);
    is(scalar @commands, 3, 'three tries');
    is(scalar(keys %{ { map { $_->[1] => 1 } @commands } }), 1, 'one key');
    ok($commands[1][0] - $commands[0][0] >= 0.39, 'the rate is kept');
    ok($commands[2][0] - $commands[1][0] >= 0.99, 'an error waits a second');
    is(stop($pid), 0, 'ends well');
    check_db("$folder/brand.db");
}

if (test 'a connector that dies is started again, later each time; what was in flight goes again') {
    my $folder = campaign(name => 'dies', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', '*: say ' . event(1, '"text":"five"'), 'command 2: exit 3',
        'command 3: exit 3' });
    my $log = "$folder/chat.log";
    my $pid = run_live($folder);
    wait_for('all five', sub { slurp($log) =~ /R .*answer 5/ }, 20);
    wait_for('its result', sub { @{[slurp($log) =~ /S \{"t":"res"/g]} >= 5 });
    is(stop($pid), 0, 'ends well');
    my @starts = map { /^(\S+) start/ ? $1 : () } lines($log);
    is(scalar @starts, 3, 'started three times');
    ok($starts[1] - $starts[0] >= 0.95 && $starts[2] - $starts[1] >= 1.95, 'after one second, then two');
    my %texts;
    $texts{ $_->[2] =~ /"text":"(answer \d)"/ ? $1 : '?' }{ $_->[1] }++ for cmd_lines($log);
    is(join(' ', map { "$_:" . join ',', values %{ $texts{$_} } } sort keys %texts),
        'answer 1:1 answer 2:3 answer 3:1 answer 4:1 answer 5:1', 'the unanswered one again, same key');
    like(slurp("$folder/run.err"), qr/connector chat is down \(.*status 3.*\); starting it again in 1 s/,
        'the operator is told');
    is(sql("$folder/brand.db", 'SELECT messages FROM groups'), 1, 'the event counts once');
    check_db("$folder/brand.db");
}

if (test 'bad lines are answered with their number and stop nothing') {
    my $folder = campaign(name => 'bad', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', '*: say not json', '*: say {"t":"ev","seq":1,"ts":1,"k":"dance","group":"g1"}',
        '*: say {"t":"ev","seq":2,"ts":"soon","k":"message","group":"g1","member":"u1"}', '*: long 1100000',
        '*: say ' . event(3, '"text":"x"') =~ s/"g1"/"nowhere"/r,
        '*: say ' . event(4, '"text":"one"') });
    my $log = "$folder/chat.log";
    my $pid = run_live($folder);
    wait_for('the good one', sub { slurp($log) =~ /R .*"heard"/ && slurp($log) =~ /"ack","seq":4/ });
    my @errors = map { /R \{"t":"err","line":(\d+),"error":"(.*)"\}/ ? "$1 $2" : () } lines($log);
    is(scalar @errors, 5, 'five answers');
    like($errors[0], qr/^2 /, 'no JSON');
    like($errors[1], qr/^3 .*dance/, 'an unknown kind');
    like($errors[2], qr/^4 .*ts/, 'a field of the wrong type');
    like($errors[3], qr/^5 .*1 MiB/, 'a line above 1 MiB');
    like($errors[4], qr/^6 .*nowhere/, 'an unknown group');
    is(stop($pid), 0, 'ends well');
    is(sql("$folder/brand.db", 'SELECT count(*) FROM parked'), 5, 'all are parked, the unknown group too');
    like(slurp("$folder/run.err"), qr/connector chat: line 2: /, 'the operator is told of the first');
    check_db("$folder/brand.db");
}

if (test 'a clock that is ahead takes nobody along') {
    my $ahead = time + 3600;
    my $folder = campaign(name => 'ahead', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', qq(*: say {"t":"ev","seq":1,"ts":${ahead}000,"id":"e1","k":"message",)
            . q("group":"g1","member":"u1","text":"one"}) });
    my $pid = run_live($folder);
    wait_for('the answer', sub { cmd_lines("$folder/chat.log") >= 1 });
    is(stop($pid), 0, 'ends well');
    ok(sql("$folder/brand.db", 'SELECT last_at FROM meta') / 1000 < time + 2, 'engine time is now');
}

if (test 'effects wait for a connector that is not up, and use up no attempt') {
    my $folder = campaign(name => 'late', playbook => <<'LUA',
at("00:00", "opening", function(group)
  group:say("first")
  group:say("second")
end, { late = "run" })
LUA
        plan => { chat => "1: wait 0.2\n1: exit 0\n2: wait 0.1\n2: hello send\n" });
    my $log = "$folder/chat.log";
    my $pid = run_live($folder);
    wait_for('both', sub { @{[slurp($log) =~ /S \{"t":"res"/g]} >= 2 });
    is(stop($pid), 0, 'ends well');
    is(join(' ', map { $_->[2] =~ /"text":"(\w+)"/ } cmd_lines($log)), 'first second', 'in order');
    is(sql("$folder/brand.db", 'SELECT max(attempts) FROM outbox'), 1, 'at the first attempt');
}

if (test 'what a connector cannot do is told') {
    my $folder = campaign(name => 'caps', playbook => $echo, plan => { chat => join "\n",
        '*: hello dm', '*: say ' . event(1, '"text":"one"') });
    my $pid = run_live($folder);
    wait_for('the note', sub { slurp("$folder/run.err") =~ /not sent: send say g1: unsupported/ });
    is(stop($pid), 0, 'ends well');
    is(sql("$folder/brand.db", 'SELECT status FROM outbox'), 3, 'failed for good');
    my $needs = qr/show\/playbook\.lua:4: say needs 'send', which connector 'chat'/;
    like(slurp("$folder/run.err"), qr/chat is up\n.*$needs can't\n/, 'told when it said hello');
    my ($status, $out) = run_it(drumbeat(), 'check', $folder, '--connectors');
    is($status, 3, 'asked before, it is refused');
    like($out, $needs, 'with the line that needs it');
    ($status, $out) = run_it(drumbeat(), 'check', $folder);
    is($status, 0, 'not asked, nothing is known');
}

if (test 'what campaign.lua says a connector can do is held against the playbooks') {
    my $chat = 'connector { "chat", command = { "./nothing" }, caps = { "dm" } }' . "\n";
    my $folder = campaign(name => 'declared', playbook => $echo, head => $chat,
        groups => qq(group { "g1", connector = "chat" }\n));
    my ($status, $out, $err) = run_it(drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    is($status, 3, 'refused before anything runs');
    like($err, qr/show\/playbook\.lua:4: say needs 'send', which connector 'chat' \(campaign\.lua:4\) can't/,
        'with both places');
    ($chat) = $chat =~ s/"dm"/"send", "sned"/r;
    $folder = campaign(name => 'mistyped', playbook => $echo, head => $chat,
        groups => qq(group { "g1", connector = "chat" }\n));
    ($status, $out) = run_it(drumbeat(), 'check', $folder);
    like($out, qr/campaign\.lua:4: connector 'chat': caps: dcp\/1 has no 'sned', did you mean 'send'\?/, 'mistyped');
}

if (test 'a second engine on the same file is refused and names the first') {
    my $folder = campaign(name => 'second', playbook => $echo, plan => { chat => '*: hello send' });
    my $pid = run_live($folder);
    wait_for('it is up', sub { slurp("$folder/run.err") =~ /chat is up/ });
    my ($status, $out, $err) = run_it(drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    is($status, 1, 'exit code');
    like($err, qr/process $pid\b/, 'the process id');
    is(stop($pid), 0, 'the first goes on and ends well');
}

if (test 'a program that is not there; no terminal to confirm on; standard streams closed') {
    my $folder = campaign(name => 'missing', groups => qq(group { "g1", connector = "x" }\n),
        head => qq(connector { "x", command = { "./nothing" } }\n));
    my ($status, $out, $err) = run_it(drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    is($status, 1, 'exit code');
    like($err, qr{connector x: \./nothing: could not be started}, 'names it');
    ($status, $out, $err) = run_it(drumbeat(), 'run', $folder, '--db', "$folder/other.db");
    is($status, 5, 'needs a confirmation');
    $folder = campaign(name => 'closed', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', '*: say ' . event(1, '"text":"one"') });
    my $pid = start("$folder/run", sub { close STDIN; close STDOUT; close STDERR; POSIX::close($_) for 0 .. 2 },
        drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    wait_for('the answer', sub { cmd_lines("$folder/chat.log") >= 1 });
    ok(defined stop($pid), 'ends');
    check_db("$folder/brand.db");
}

if (test 'prize money that never left goes to the next winner, after a restart as well') {
    my $join = sub { my ($n) = @_; return qq({"t":"ev","seq":$n,"ts":) . time
        . qq(000,"id":"j$n","k":"member.join","group":"g1","member":{"id":"u$n","name":"N$n"}}) };
    my $ask = sub { my ($n) = @_; return qq({"t":"ev","seq":$n,"ts":) . time
        . qq(000,"id":"m$n","k":"message","group":"g1","member":{"id":"u1"},"text":"again"}) };
    # Command 1 tells the rules, command 2 is the transfer: the payment system refuses it.
    my $folder = campaign(name => 'money', head => qq(budget { "cash", yuan(50) }\n), playbook => <<'LUA',
local cash = lottery { prize = { "Ten", cash = yuan(10) }, winners = 1, who = "present", budget = "cash" }
at("00:00", "draw", function(group)
  group:wait_for { joins = 3, within = minutes(5) }
  day.memory.first = cash:draw(group).winners[1].id
end, { late = "run" })
on("message", function(event)
  event.group:everyone(function(one)
    if one.id == day.memory.first then
      local instead, why = cash:redraw(one, "not reachable")
      event.group:say(instead and "somebody else" or why)
    end
  end)
end)
LUA
        plan => { chat => join "\n", '1: hello send pay', (map { '1: say ' . $join->($_) } 1 .. 3),
            '*: hello send pay', '2: say ' . $ask->(4), '2: until somebody else', '2: say ' . $ask->(5),
            'command 2: error refused', 'command *: ok' });
    my $log = "$folder/chat.log";
    my $paid = sub { return grep { $_->[2] =~ /"op":"pay"/ } cmd_lines($log) };
    my $pid = run_live($folder);
    wait_for('the transfer', sub { $paid->() == 1 });
    wait_for('its refusal', sub { slurp($log) =~ /"err":"refused"/ });
    select undef, undef, undef, 0.3;
    is(stop($pid), 0, 'ends well');
    is(sql("$folder/brand.db", "SELECT balance FROM accounts WHERE name = 'spent:cash'"), 1000, 'spent');
    $pid = run_live($folder);
    wait_for('the second transfer', sub { $paid->() == 2 });
    wait_for('no third', sub { slurp($log) =~ /has won nothing here/ });
    is(stop($pid), 0, 'ends well again');
    my %to = map { $_->[2] =~ /"member":"(u\d)"/ ? ($1 => 1) : () } $paid->();
    is(scalar keys %to, 2, 'to somebody else');
    is(sql("$folder/brand.db", "SELECT sum(balance) FROM accounts WHERE name = 'spent:cash'"), 1000, 'spent once');
    is(sql("$folder/brand.db", "SELECT sum(balance) FROM accounts WHERE name = 'reserved:cash'"), 0, 'nothing stays reserved');
    is(sql("$folder/brand.db", "SELECT count(*) FROM milestones WHERE kind = 'redraw'"), 1, 'drawn again once');
    check_db("$folder/brand.db");
}

done();
