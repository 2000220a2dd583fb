#!/usr/bin/perl
# Connectors that connect by themselves: dcp/1 over a Unix socket, in pieces, many at once, going away at
# the worst moment.
use strict;
use warnings;
use File::Basename qw(dirname);
use IO::Select;
use IO::Socket::UNIX;
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'socket');
$SIG{PIPE} = 'IGNORE';

my $echo = <<'LUA';
on("message", function(event)
  if event.text == "say" then event.group:say("heard") end
end)
LUA

sub place {
    my ($name, %o) = @_;
    my $folder = campaign(name => $name, playbook => $o{playbook} // $echo,
        groups => qq(group { "g1", title = "One", segment = "old", limit = 500 }\n),
        head => $o{head} // qq(connector { "chat", socket = "run/chat" }\n));
    return ($folder, "$folder/brand.db");
}

sub run_live {
    my ($folder) = @_;
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    wait_for('the socket', sub { -S "$folder/run/chat" });
    return $pid;
}

# --- A client. ---

sub dial {
    my ($folder) = @_;
    my $io;
    wait_for('a connection', sub { $io = IO::Socket::UNIX->new(Peer => "$folder/run/chat") });
    $io->blocking(0);
    return { io => $io, got => '', lines => [], ended => 0 };
}

sub say_all {
    my ($client, $text) = @_;
    my $until = now() + 10;
    while (length $text && now() < $until) {
        my $done = syswrite $client->{io}, $text;
        if (defined $done) { substr($text, 0, $done) = '' }
        else { hear($client); IO::Select->new($client->{io})->can_write(0.05) }
    }
    ok($text eq '', 'all of it is taken');
}

sub hear {
    my ($client) = @_;
    while (1) {
        my $read = sysread $client->{io}, my $more, 1 << 16;
        $client->{ended} = 1 if defined $read && $read == 0 || !defined $read && !$!{EAGAIN};
        last if !$read;
        $client->{got} .= $more;
    }
    push @{ $client->{lines} }, $1 while $client->{got} =~ s/^(.*)\n//;
    return $client;
}

sub wait_line {
    my ($client, $regex) = @_;
    my @found;
    wait_for("a line like $regex", sub { @found = grep { $_ =~ $regex } @{ hear($client)->{lines} } });
    return $found[0];
}

sub hello { my ($name, $caps) = @_; return sprintf qq({"t":"hello","proto":"dcp/1","name":"%s","caps":[%s]}\n), $name // 'chat', $caps // '"send","dm"' }

sub event {
    my ($seq, $id, $text) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"$id","k":"message","group":"g1",)
        . qq("member":{"id":"u1","name":"Ann"},"text":"$text"}\n);
}

sub answer {
    my ($client, $line) = @_;
    my ($id) = $line =~ /"id":"([0-9a-f]{32})"/;
    say_all($client, qq({"t":"res","id":"$id","ok":true,"ext":"x"}\n));
    return $id;
}

sub count { my ($db, $what) = @_; return sql($db, "SELECT $what FROM connectors WHERE name = 'chat'") }

# --- ---

if (test 'in pieces, cut off in a line, and back again') {
    my ($folder, $db) = place('pieces');
    my $pid = run_live($folder);
    is(sprintf('%04o', (stat "$folder/run/chat")[2] & 07777), '0600', 'the socket is ours alone');
    is(sprintf('%04o', (stat "$folder/run")[2] & 07777), '0700', 'and its folder');
    my $client = dial($folder);
    for my $piece (hello() =~ /(.{1,9}\n?)/gs, event(1, 'a', 'one') =~ /(.{1,40}\n?)/gs) {
        say_all($client, $piece);
        select undef, undef, undef, 0.005;
    }
    wait_line($client, qr/^\{"t":"ack","seq":1\}$/);
    say_all($client, event(2, 'b', 'two') . substr event(3, 'c', 'three'), 0, 60);
    wait_line($client, qr/"ack","seq":2/);
    close $client->{io};
    wait_for('it is down', sub { slurp("$folder/run.err") =~ /connector chat is down \(it ended\)/ });
    # It doesn't know what was acknowledged, and counts anew.
    $client = dial($folder);
    say_all($client, hello() . event(1, 'b', 'two') . event(2, 'c', 'three') . event(3, 'c', 'three'));
    wait_line($client, qr/"ack","seq":3/);
    is(stop($pid), 0, 'ends well');
    wait_for('the end', sub { hear($client)->{ended} });
    ok(!-e "$folder/run/chat", 'the socket is gone');
    is(count($db, 'events'), 3, 'each once');
    is(sql($db, 'SELECT count(*) FROM parked'), 0, 'half a line is nothing');
    check_db($db);
}

if (test 'no hello, a hello of somebody else, lines that are none') {
    my ($folder, $db) = place('hello');
    my $pid = run_live($folder);
    my $good = dial($folder);
    say_all($good, hello());
    for my $wrong (event(1, 'a', 'x'), "GET / HTTP/1.1\n", hello('shop'), qq({"t":"hello"}\n)) {
        my $client = dial($folder);
        say_all($client, $wrong . event(2, 'b', 'x'));
        wait_line($client, qr/^\{"t":"err","line":1,"error":/);
        wait_for('it is cut off', sub { hear($client)->{ended} });
    }
    like(slurp("$folder/run.err"), qr/connector chat: line 1: hello comes first/, 'the operator is told');
    say_all($good, qq({"t":"ev"\n) . 'x' x ((1 << 20) + 5) . "\n" . event(4, 'd', 'good'));
    wait_line($good, qr/"ack","seq":4/);
    is(scalar(grep { /"err","line":[23],/ } @{ $good->{lines} }), 2, 'two bad lines told');
    is(stop($pid), 0, 'ends well');
    is(count($db, 'events'), 1, 'one event');
    is(sql($db, 'SELECT count(*) FROM parked'), 2, 'of strangers nothing is kept');
    check_db($db);
}

if (test 'fifty at once: each is acknowledged for itself, commands go to the newest that can') {
    my ($folder, $db) = place('fifty');
    my $pid = run_live($folder);
    my @clients = map { dial($folder) } 1 .. 50;
    say_all($clients[$_], hello('chat', $_ < 10 ? '"send"' : '')) for 0 .. 49;
    for my $n (0 .. 49) {
        say_all($clients[$n], join '', map { event($_, "c$n-$_", 'x') } 1 .. 40 + $n);
    }
    wait_line($clients[$_], qr/^\{"t":"ack","seq":@{[40 + $_]}\}$/) for 0 .. 49;
    say_all($clients[49], event(100, 'question', 'say'));
    answer($clients[9], wait_line($clients[9], qr/"op":"send".*heard/));
    wait_for('it is sent', sub { sql($db, 'SELECT count(*) FROM outbox WHERE status = 2') == 1 });
    # The one that has the command goes away: the next one gets the same command.
    say_all($clients[20], event(101, 'question 2', 'say'));
    wait_for('the second command', sub { 2 == grep { /"op":"send"/ } @{ hear($clients[9])->{lines} } });
    my ($id) = (grep { /"op":"send"/ } @{ $clients[9]{lines} })[1] =~ /"id":"([0-9a-f]{32})"/;
    close $clients[9]{io};
    is(answer($clients[8], wait_line($clients[8], qr/"op":"send"/)), $id, 'the same id');
    wait_for('it is sent', sub { sql($db, 'SELECT count(*) FROM outbox WHERE status = 2') == 2 });
    is(stop($pid), 0, 'ends well');
    is(count($db, 'events'), 50 * 40 + 49 * 25 + 2, 'all events');
    is(scalar(() = slurp("$folder/run.err") =~ /chat is up/g), 1, 'told once');
    check_db($db);
}

if (test 'away: commands wait for it in order, and expire all the same') {
    my ($folder, $db) = place('away', playbook => <<'LUA');
on("message", function(event)
  event.group:say("first")
  event.group:say("second")
end)
LUA
    my $pid = run_live($folder);
    my $mute = dial($folder);
    say_all($mute, hello('chat', '') . event(1, 'a', 'x'));  # Takes no commands.
    wait_line($mute, qr/"ack","seq":1/);
    wait_for('the operator is told', sub { slurp("$folder/run.err") =~ /chat is down: 1 channels wait/ });
    is(sql($db, 'SELECT group_concat(status) FROM outbox'), '0,0', 'ready');
    my $client = dial($folder);
    say_all($client, hello());
    answer($client, wait_line($client, qr/"text":"first"/));
    answer($client, wait_line($client, qr/"text":"second"/));
    wait_for('both are sent', sub { sql($db, 'SELECT count(*) FROM outbox WHERE status = 2') == 2 });
    is(sql($db, 'SELECT max(attempts) FROM outbox'), 1, 'at the first attempt');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'limits: as fast as allowed, in a burst at first') {
    my ($folder, $db) = place('limits', head => qq(connector { "chat", socket = "run/chat",\n)
        . qq(  limits = { { 10, per = seconds(1), burst = 3 } } }\n), playbook => <<'LUA');
on("message", function(event)
  for i = 1, 8 do event.group:say("answer " .. i) end
end)
LUA
    my $pid = run_live($folder);
    my $client = dial($folder);
    my $began = now();
    say_all($client, hello() . event(1, 'a', 'x'));
    my @at;
    for my $n (1 .. 8) {
        answer($client, wait_line($client, qr/"text":"answer $n"/));
        push @at, now();
    }
    # A busy machine makes it slower, nothing makes it faster.
    ok(!(grep { $at[$_] - $began < 0.1 * ($_ - 2) - 0.02 } 3 .. 7), 'the others 100 ms apart', "$began: @at");
    ok($at[7] - $began < 10, 'no slower by much', "$began: @at");
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'whose socket it is') {
    my ($folder, $db) = place('whose');
    my $pid = run_live($folder);
    my ($status, undef, $err) = run_it(drumbeat(), 'run', $folder, '--db', "$folder/other.db", '--yes');
    is($status, 1, 'a second engine on another file');
    like($err, qr{connector chat: .*run/chat: somebody answers there}, 'says why');
    ok(-S "$folder/run/chat", 'the first one keeps it');
    stop($pid, 'KILL');
    ok(-S "$folder/run/chat", 'what a kill leaves');
    $pid = run_live($folder);
    my $client = dial($folder);
    say_all($client, hello() . event(1, 'a', 'x'));
    wait_line($client, qr/"ack","seq":1/);
    is(stop($pid), 0, 'ends well');
    chmod 0755, "$folder/run";
    ($status, undef, $err) = run_it(drumbeat(), 'run', $folder, '--db', $db, '--yes');
    is($status, 3, 'a folder open to others');
    like($err, qr/others may enter this folder \(mode 0755\)/, 'says what to do');
    check_db($db);
}

done();
