#!/usr/bin/perl
# The console of a running engine: looking changes nothing, what is applied can be taken back, nobody
# who only looks can write, and no client harms the beat.
use strict;
use warnings;
use File::Basename qw(dirname);
use IO::Socket::UNIX;
use lib dirname(__FILE__);
use Console;
use Harness;

setup(@ARGV, 'console');
$SIG{PIPE} = 'IGNORE';
$ENV{DRUMBEAT_RUN_DIR} = dir() . '/run';
my $lua_dir = dirname(__FILE__) . '/../../lua';

sub event {
    my ($seq, $kind, $more) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"$kind","group":"old-1",)
        . qq("member":"u-1"$more});
}

my $playbook = <<'LUA';
local input = inputs {
  gift = money { money(10), help = "What a latecomer gets" },
  close = clock { "21:15", help = "When the doors close" },
}
at(input.close, "doors", function(group) group:say("closed, " .. input.gift.text) end)
local wheel = roulette { name = "wheel", prizes = {
  { "Coat", value = yuan(300), odds = percent(50), stock = 1 } }, budget = "games" }
at("21:00", "evening", function(group) group:say("evening") end)
at("21:30", "later", function(group) group:say("later") end, { tied = "evening" })
on("message", function(event) event.group:say("heard " .. event.text) end)
LUA

sub place {
    my ($name, %o) = @_;
    my $folder = campaign(name => $name, playbook => $o{playbook} // $playbook,
        plan => { chat => join "\n", '*: hello send dm kick pay',
            '1: say ' . event(1, 'member.join', ''), '1: say ' . event(2, 'message', ',"text":"hi"') },
        groups => qq(group { "old-1", title = "One", segment = "old", limit = 500, connector = "chat" }\n)
            . qq(group { "new-1", title = "Two", segment = "new", limit = 500, connector = "chat" }\n),
        head => qq(budget { "games", yuan(1000) }\n) . ($o{head} // '')
            . qq(goods { { "SK-1", "Skirt", list = yuan(299), deal = yuan(199), floor = yuan(150), )
            . qq(cost = yuan(80), stock = 50 } }\n));
    return ($folder, "$folder/brand.db");
}

sub run_live {
    my ($folder, %env) = @_;
    my ($name) = $folder =~ m{([^/]+)$};
    local @ENV{keys %env} = values %env;
    my $pid = start("$folder/live", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
    return $pid if %env;
    wait_for('the sockets', sub { -S "$ENV{DRUMBEAT_RUN_DIR}/$name/operate.sock" });
    return $pid;
}

# name, class, undo, example, after of each word.
sub words {
    my @words;
    my $text = slurp("$lua_dir/console_words.lua");
    while ($text =~ /\{ name = "(\w+)", class = "(\w+)", undo = (NO|"[^"]*"), shape = .*?\n.*?example = "((?:[^"\\]|\\.)*)"(?:, after = "((?:[^"\\]|\\.)*)")?/gs) {
        my %word = (name => $1, class => $2, undo => $3, example => $4, after => $5);
        s/\\"/"/g for grep { defined } @word{qw(example after)};
        push @words, \%word;
    }
    return @words;
}

if (test 'looking changes nothing; every word does what its row says; what can be undone is') {
    my ($folder, $db) = place('words');
    my $pid = run_live($folder);
    my $client = dial('words');
    wait_for('her message', sub { ask($client, 'eval', 'about "u-1"') =~ /joined/ });
    wait_for('the echo is sent', sub { ask($client, 'eval', 'outbox') =~ /0 have not been sent/ });
    my ($looks, $changes, $undone) = (0, 0, 0);
    for my $word (words()) {
        my @before;
        if (defined $word->{after}) {
            my $done = apply($client, $word->{after});
            like($done, qr/"applied":true/, "$word->{after} goes before $word->{name}") or next;
            push @before, $1 if $done =~ /"tweak":(\d+)/;
        }
        my $example = $word->{example};
        if ($example =~ /^(edit|withdraw)/) {  # The number of a message that waits.
            my ($id) = ask($client, 'eval', 'outbox') =~ /\\n *(\d+)  send/;
            $example =~ s/1/$id/;
        }
        my $start = hash($client);
        my $shown = ask($client, 'eval', $example);
        like($shown, qr/"ok":true/, "$example is answered");
        is(field($shown, 'class'), $word->{class}, "$word->{name} is $word->{class}");
        is(hash($client), $start, "looking at $example changed nothing");
        if ($word->{class} eq 'look') { $looks++; next }
        next if $word->{class} eq 'final';
        $changes++;
        my $done = apply($client, $example);
        like($done, qr/"applied":true/, "$example is applied");
        ok(hash($client) ne $start, "$example changed something");
        my ($tweak) = $done =~ /"tweak":(\d+)/;
        if ($word->{undo} ne '"no"') {
            like(ask($client, 'undo', '', tweak => $tweak), qr/"applied":true/, "$example is undone");
            is(hash($client), $start, "undone, $example left nothing behind");
            $undone++;
        }
        ask($client, 'undo', '', tweak => $_) for reverse @before;
    }
    ok($looks > 15 && $changes > 14 && $undone > 12, "words were tried: $looks, $changes, $undone");
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'who only looks changes nothing by any means') {
    my ($folder, $db) = place('viewer');
    my $pid = run_live($folder);
    my $view = dial('viewer', 'view');
    my $operate = dial('viewer');
    wait_for('her', sub { ask($operate, 'eval', 'about "u-1"') =~ /joined/ });
    wait_for('the echo is sent', sub { ask($operate, 'eval', 'outbox') =~ /0 have not been sent/ });
    apply($operate, 'delay("evening", 5)');
    my $start = hash($view);
    like(ask($view, 'hello'), qr/"mode":"view"/, 'it is told so');
    for my $op (qw(apply undo approve refuse)) {
        like(ask($view, $op, 'pause all', tweak => 1), qr/"ok":false.*here to look/, "$op is refused");
    }
    for my $text ('pause all', 'group("old-1"):say("x")', 'tag("u-1", "x")', 'post("now")',
        'engine.set("groups", 1, {muted = true})', 'member("u-1"):dm("x")') {
        ask($view, 'eval', $text);
        ask($view, 'watch', $text, every_ms => 200);
        is(hash($view), $start, "$text changed nothing");
        ask($view, 'interrupt');
    }
    my ($code) = run_it(drumbeat(), 'eval', '--campaign', 'viewer', 'pause all');
    is($code, 5, 'eval without --apply says that it would change something');
    ($code) = run_it(drumbeat(), 'eval', '--campaign', 'viewer', '--apply', 'budget_add("games", yuan(5))');
    is($code, 5, 'money wants to be typed');
    ($code) = run_it(drumbeat(), 'eval', '--campaign', 'nobody', 'groups');
    is($code, 6, 'no such engine');
    is(hash($view), $start, 'nothing was changed');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'money: what is typed counts, floors hold for undo too, others are named') {
    my ($folder, $db) = place('money');
    my $pid = run_live($folder);
    my $client = dial('money');
    wait_for('her', sub { ask($client, 'eval', 'about "u-1"') =~ /joined/ });
    like(ask($client, 'apply', 'budget_add("games", yuan(100))'), qr/"needs_confirm":true/, 'the amount is asked for');
    like(ask($client, 'apply', 'budget_add("games", yuan(100))', confirm => '"100"'), qr/isn't the new cap \(1100\)/, 'and compared');
    like(ask($client, 'apply', 'budget_add("games", yuan(100))', confirm => '"1100"'), qr/"tweak":1/, 'applied');
    my $shown = ask($client, 'eval', 'budget_add("games", yuan(100))');
    apply($client, 'budget_add("games", yuan(1))');
    like(ask($client, 'apply', 'budget_add("games", yuan(100))', confirm => '"1200"', token => '"' . field($shown, 'token') . '"'),
        qr/something else now/, 'what was shown is no longer so');
    like(apply($client, 'pay("u-1", yuan(1050), "games", "test")'), qr/"undo":false/, 'spent, for good');
    like(ask($client, 'undo', '', tweak => 1), qr/"ok":false.*by tweak 2 of/, 'tweak 2 stands on it, and is named');
    like(ask($client, 'undo', '', tweak => 2), qr/"applied":true/, 'that one can be undone');
    like(ask($client, 'undo', '', tweak => 1), qr/"ok":false.*budget 'games' has 50\.00 left, 100\.00 needed/, 'a floor holds');
    like(ask($client, 'undo', '', tweak => 9), qr/no tweak 9/, 'no such tweak');
    is(stop($pid), 0, 'ends well');
    my ($code, $out) = run_it(drumbeat(), 'audit', '--db', $db);
    like($out, qr/tweak 1 .*applied\n  > budget_add.*\n  ~ budget games  cap 1,000\.00 -> 1,100\.00/, 'the audit tells it');
    like($out, qr/tweak 2 .*undone by/, 'and who undid what');
    ($code, $out) = run_it(drumbeat(), 'tweaks', '--db', $db, '--fold', $folder);
    like($out, qr/^\+budget \{ "games", yuan\(1100\) \}/m, 'a patch of campaign.lua');
    check_db($db);
}

if (test 'undo in any order, unless somebody has touched it since; a muted group hears nothing') {
    my ($folder, $db) = place('order');
    my $pid = run_live($folder);
    my $client = dial('order');
    like(apply($client, 'delay("evening", 5)'), qr/"tweak":1/, 'a delay');
    like(apply($client, 'tag("u-2", "x")'), qr/"ok":false.*nobody has the id/, 'nobody of that name');
    like(apply($client, 'delay("evening", 7)'), qr/"tweak":2/, 'another');
    like(ask($client, 'undo', '', tweak => 1), qr/"ok":false.*evening.*was changed since \(by tweak 2 of/, 'the later one is named');
    like(ask($client, 'undo', '', tweak => 2), qr/"applied":true/, 'that one first');
    like(ask($client, 'undo', '', tweak => 1), qr/21:05:00 -> 21:00:00/, 'then this one');
    like(apply($client, 'mute("old-1")'), qr/"tweak":3/, 'muted');
    like(apply($client, 'group("old-1"):say("held back")'), qr/"tweak":4/, 'said all the same');
    like(apply($client, 'group("new-1"):say("not held")'), qr/"tweak":5/, 'and elsewhere');
    wait_for('the other group', sub { slurp("$folder/chat.log") =~ /R .*not held/ });
    ok(slurp("$folder/chat.log") !~ /held back/, 'the muted one hears nothing');
    like(ask($client, 'undo', '', tweak => 3), qr/"applied":true/, 'it may speak again');
    wait_for('what waited', sub { slurp("$folder/chat.log") =~ /R .*held back/ });
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'what starts ahead of its hour is said at the hour, also when an operator moves that') {
    my ($folder, $db) = place('ahead', playbook => <<'LUA');
at("22:00", "sharp", function(group) group:say("sharp") end, { ahead = minutes(2) })
LUA
    my $pid = run_live($folder);
    my $client = dial('ahead');
    my $said = sub { return ask($client, 'eval', 'try("sharp")') =~ /send \[[^]]*\] ([\d:]+|at once)/ ? $1 : 'nothing' };
    like(ask($client, 'eval', 'timers'), qr/sharp +21:58/, 'it starts ahead');
    is($said->(), '22:00:00', 'and speaks at the hour');
    like(apply($client, 'delay("sharp", 10)'), qr/"tweak":1/, 'later');
    is($said->(), '22:10:00', 'at the new hour');
    like(apply($client, 'advance("sharp", 30)'), qr/"tweak":2/, 'earlier');
    is($said->(), '21:40:00', 'at that one');
    like(apply($client, 'move_to("sharp", "22:30")'), qr/"tweak":3/, 'to a time of the clock');
    is($said->(), '22:30:00', 'which is when it speaks');
    like(apply($client, 'run_now("sharp")', confirm => '"2"'), qr/"tweak":4/, 'now');
    wait_for('it speaks', sub { slurp("$folder/chat.log") =~ /R .*"sharp"/ });
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'an event that holds up others is settled while the engine runs') {
    my ($folder, $db) = place('stuck');
    my $bad = event(3, 'order.paid', ',"order":"o1","items":[{"sku":"SK-1","qty":1,"paid":"150.00"}],"total":"150.00","currency":"USD"');
    open my $plan, '>>', "$folder/chat.plan" or die;
    print {$plan} "\n1: say $bad\n1: say " . event(4, 'message', ',"text":"behind it"') . "\n";
    close $plan;
    my $pid = run_live($folder);
    my $client = dial('stuck');
    wait_for('both', sub { ask($client, 'eval', 'parked') =~ /holds.*waits/s });
    like(ask($client, 'settle', '', parked => 99), qr/"ok":false.*nothing waits for parked 99/, 'no such event');
    my ($id) = ask($client, 'eval', 'parked') =~ /\\n *(\d+) /;
    like(ask($client, 'settle', '', parked => $id, again => 'true'), qr/"ok":false.*currency/, 'refused again, with the reason');
    like(ask($client, 'settle', '', parked => $id), qr/"ok":true/, 'given up');
    wait_for('what waited', sub { slurp("$folder/chat.log") =~ /R .*heard behind it/ });
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'a second person, above the limit') {
    my $nobody = (getpwnam('nobody'))[2] // 65534;
    my $can = $> != 0 ? undef : fork // die;
    if (defined $can && $can == 0) {
        POSIX::setuid($nobody);
        POSIX::_exit(-x drumbeat() ? 0 : 1);
    }
    waitpid $can, 0 if defined $can;
    if (!defined $can) { print "  SKIPPED: two users are needed, and this is not root\n" }
    elsif ($? != 0) { print "  SKIPPED: another user can't run " . drumbeat() . "\n" }
    else {
        my ($folder, $db) = place('second', head => '');
        my $text = slurp("$folder/campaign.lua");
        $text =~ s/title = "Test"/title = "Test", second_person_above = yuan(500)/;
        spew("$folder/campaign.lua", $text);
        system('chown', '-R', $nobody, dir());
        chmod 0755, dir();
        my $pid = fork // die;
        if (!$pid) {
            POSIX::setuid($nobody);
            $ENV{HOME} = dir();
            open STDIN, '<', '/dev/null';
            open STDOUT, '>', "$folder/live.out";
            open STDERR, '>', "$folder/live.err";
            exec drumbeat(), 'run', $folder, '--db', $db, '--yes' or POSIX::_exit(127);
        }
        wait_for('the sockets', sub { -S "$ENV{DRUMBEAT_RUN_DIR}/second/operate.sock" });
        my $root = dial('second');
        like(apply($root, 'budget_add("games", yuan(501))'), qr/"how":"propose"/, 'it waits');
        unlike_budget($root, 1501);
        like(ask($root, 'approve', '', tweak => 1), qr/a second person/, 'not by herself');
        pipe(my $read, my $write);
        my $other = fork // die;
        if (!$other) {
            POSIX::setuid($nobody);
            my $client = dial('second');
            syswrite $write, ask($client, 'approve', '', tweak => 1, confirm => '"1501"');
            POSIX::_exit(0);
        }
        waitpid $other, 0;
        sysread $read, my $answer, 1 << 16;
        like($answer, qr/"applied":true/, 'by the other one');
        like(ask($root, 'eval', 'budgets'), qr/games *¥1,501/, 'the budget is raised');
        like(ask($root, 'eval', 'tweaks'), qr/approved by/, 'both are named');
        like(apply($root, 'budget_add("games", yuan(499))'), qr/"how":"apply"/, 'below the limit one is enough');
        is(stop($pid), 0, 'ends well');
        system('chown', '-R', 0, dir());
        check_db($db);
    }
}

sub unlike_budget {
    my ($client, $cap) = @_;
    my $said = ask($client, 'eval', 'budgets');
    ok($said !~ /$cap/, 'nothing is raised yet', $said);
    return;
}

if (test 'a game is opened and closed by an operator as its playbook would') {
    my ($folder, $db) = place('game');
    my $pid = run_live($folder);
    my $client = dial('game');
    like(ask($client, 'eval', 'open_game("whel", "old-1")'), qr/did you mean 'wheel'/, 'no such game');
    like(apply($client, 'open_game("wheel", "old-1", "Spin now!")'), qr/"applied":true/, 'opened');
    wait_for('it is open', sub { ask($client, 'eval', 'games') =~ /wheel +roulette|wheel +wheel +\S+ +old-1 +open/ });
    wait_for('its rules', sub { slurp("$folder/chat.log") =~ /R .*Spin now!/ });
    like(apply($client, 'close_game("wheel", "old-1")'), qr/"applied":true/, 'closed');
    wait_for('it is closed', sub { ask($client, 'eval', 'games') =~ /old-1 +closed/ });
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'pause and resume: nothing is sent meanwhile, what was missed is asked about') {
    my ($folder, $db) = place('brake', playbook => <<'LUA');
every(seconds(1), "tick", function(group) group:say("tick") end, { from = "00:00", to = "24:00" })
on("message", function(event) event.group:say("heard") end)
LUA
    my $pid = run_live($folder);
    my $client = dial('brake');
    my $ticks = sub { return scalar(() = slurp("$folder/chat.log") =~ /R .*"tick"/g) };
    wait_for('ticks', sub { $ticks->() > 1 });
    my ($code) = run_it(drumbeat(), 'eval', '--campaign', 'brake', '--apply', 'pause all');
    is($code, 0, 'the brake never asks');
    select undef, undef, undef, 0.3;
    my $before = $ticks->();
    select undef, undef, undef, 2.2;
    is($ticks->(), $before, 'nothing is sent');
    like(ask($client, 'hello'), qr/"paused":true/, 'everybody sees it');
    like(ask($client, 'eval', 'resume all'), qr/entr(y was|ies were) missed.*every tick/, 'asks what becomes of what was missed');
    like(apply($client, 'resume("all", "now")'), qr/"applied":true/, 'goes on');
    wait_for('ticks again', sub { $ticks->() > $before });
    kill 'USR1', $pid;
    wait_for('the signal', sub { ask($client, 'hello') =~ /"paused":true/ });
    like(ask($client, 'eval', 'tweaks'), qr/signal/, 'by whom');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'clients that misbehave harm nothing') {
    my ($folder, $db) = place('rough');
    my $pid = run_live($folder);
    my $client = dial('rough');
    wait_for('her', sub { ask($client, 'eval', 'about "u-1"') =~ /joined/ });
    wait_for('the echo is sent', sub { ask($client, 'eval', 'outbox') =~ /0 have not been sent/ });
    my $start = hash($client);
    for my $junk ("\0\1\2\n", "{\n", "[]\n", qq({"op":5}\n), qq({"op":"eval"}\n), "\xff\xfe\n",
        qq({"op":"eval","text":"\xff"}\n), qq({"op":"undo","tweak":-1}\n), qq({"op":"undo","tweak":1e99}\n),
        qq({"op":"watch","text":"uv","every_ms":-5}\n), '{"op":"eval","text":"' . 'x' x 300000 . qq("}\n)) {
        my $bad = dial('rough');
        syswrite $bad->{io}, $junk;
        like(read_line($bad) // 'nothing', qr/"ok":(false|true)/, 'it gets an answer');
        close $bad->{io};
    }
    my $line = qq({"id":1,"op":"apply","text":"tag(\\"u-1\\", \\"cut\\")"}\n);
    for my $cut (1 .. length($line) - 1) {  # Away in the middle of a command.
        my $half = dial('rough');
        syswrite $half->{io}, substr $line, 0, $cut;
        close $half->{io};
    }
    is(hash($client), $start, 'a command that was cut off is none');
    my $long = dial('rough');
    for (1 .. 32) { last if !syswrite $long->{io}, 'y' x 32768 }
    syswrite $long->{io}, "\n";
    like(read_line($long) // 'nothing', qr/at most 256 KiB/, 'a line of 1 MB');
    my $slow = dial('rough');  # Asks a lot and never reads.
    $slow->{io}->blocking(0);
    for (1 .. 3000) { last if !defined syswrite $slow->{io}, qq({"op":"eval","text":"timers"}\n) }
    my @crowd = map { dial('rough', 'view') } 1 .. 100;
    my $from = now();
    ok((grep { ask($_, 'eval', 'groups') =~ /old-1/ } @crowd) == 100, '100 clients are answered');
    my $worst = 0;
    for my $runaway ('while true do end', 'local t = {} for i = 1, 1e9 do t[i] = i end',
        'string.rep("x", 1e9)', 'local s = "" for i = 1, 1e6 do s = s .. "xxxxxxxx" end',
        '("x"):rep(1e5):find(("a*"):rep(50) .. "b")') {
        my $before = now();
        like(ask($client, 'eval', $runaway), qr/"ok":false/, "$runaway is stopped");
        $worst = now() - $before if now() - $before > $worst;
    }
    print "  the longest of them took $worst s\n";
    like(ask($client, 'eval', 'groups'), qr/old-1/, 'and the console is there again');
    is(hash($client), $start, 'nothing was changed');
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

if (test 'a folder that others could have filled is not trusted') {
    my ($folder, $db) = place('open');
    local $ENV{DRUMBEAT_RUN_DIR} = dir() . '/open-run';
    mkdir $ENV{DRUMBEAT_RUN_DIR};
    chmod 0777, $ENV{DRUMBEAT_RUN_DIR};
    my $pid = start("$folder/live", drumbeat(), 'run', $folder, '--db', $db, '--yes');
    wait_for('the reason', sub { slurp("$folder/live.err") =~ /nobody can attach: .*can be written to by others/ });
    my ($code, $out, $err) = run_it(drumbeat(), 'eval', 'groups');
    is($code, 2, 'neither does the client');
    like($err, qr/can be written to by others/, 'and says why');
    is(stop($pid), 0, 'the campaign runs all the same');
}

if (test 'a night with 50 changes at random is replayed byte for byte') {
    my ($folder, $db) = place('night');
    my $pid = run_live($folder);
    my $client = dial('night');
    wait_for('her', sub { ask($client, 'eval', 'about "u-1"') =~ /joined/ });
    my $seed = $ENV{SEED} // 7;
    my $random = sub { $seed = ($seed * 1103515245 + 12345) % 2147483648; return $seed % $_[0] };
    my @lines = ('delay("evening", %d)', 'advance("evening", 1)', 'mute("old-1")', 'unmute("old-1")',
        'post("p%d", "23:1%d")', 'tag("u-1", "t%d")', 'budget_add("games", yuan(%d))', 'stock_add("SK-1", %d)',
        'pause("new-1")', 'resume("new-1", "now")', 'group("old-1"):say("now %d")', 'cancel("later", "new-1")',
        'price("SK-1", yuan(15%d))', 'member("u-1"):dm("d%d")', 'math.random(%d)',
        'change_input(1, "gift", yuan(%d))', 'change_input("show", "close", "21:1%d")');
    my ($applied, $undone, $refused) = (0, 0, 0);
    for (1 .. 50) {
        if ($random->(4) == 0) {
            my $done = ask($client, 'undo', '', tweak => 1 + $random->($applied + 1));
            $done =~ /"applied":true/ ? $undone++ : $refused++;
            next;
        }
        my $n = 1 + $random->(9);
        my $line = $lines[$random->(scalar @lines)];
        $line =~ s/%0?2?d/$n/g;
        my $done = apply($client, $line);
        $done =~ /"applied":true/ ? $applied++ : $refused++;
    }
    ok($applied > 15 && $undone > 1, "applied $applied, undone $undone, refused $refused");
    is(stop($pid), 0, 'ends well');
    check_db($db);
    my ($code, $out) = run_it(drumbeat(), 'replay', '-q', '--db', $db);
    like($out, qr/the same outcomes, effects and money/, 'replayed');
    $pid = run_live($folder);
    $client = dial('night');
    my @stand = ask($client, 'eval', 'tweaks') =~ /applied/g;
    ok(@stand > 5, 'they survive a restart');
    is(stop($pid), 0, 'ends well');
}

if (test 'killed between preview and apply, and in the middle of it: all of a change or nothing') {
    my ($folder, $db) = place('kill');
    my $pid = run_live($folder);
    my $client = dial('kill');
    ask($client, 'eval', 'mute("old-1")');
    stop($pid, 'KILL');
    $pid = run_live($folder);
    $client = dial('kill');
    like(ask($client, 'eval', 'groups'), qr/old-1.*runs/, 'a preview is nothing');
    is(stop($pid), 0, 'ends well');
    my ($lost, $kept) = (0, 0);
    for my $point (map { my $p = $_; map { "$p:$_" } 1 .. 4 } qw(turn.before turn.after commit.before commit.after)) {
        my $was = sql($db, 'SELECT count(*) FROM tweaks');
        my $muted = sql($db, 'SELECT muted FROM groups WHERE id = 1');
        $pid = run_live($folder, DRUMBEAT_CRASH_AT => $point);
        my $name = "$ENV{DRUMBEAT_RUN_DIR}/kill/operate.sock";
        my $answer = '';
        my $until = now() + 5;
        my $ended;
        while (now() < $until && !defined($ended = wait_end($pid, 0))) {
            my $io = IO::Socket::UNIX->new(Peer => $name) or next;
            $client = { io => $io, got => '', id => 0 };
            $answer = ask($client, 'apply', $muted ? 'unmute("old-1")' : 'mute("old-1")');
            last;
        }
        $ended //= wait_end($pid, 0.5) // stop($pid, 'KILL');
        my $now = sql($db, 'SELECT count(*) FROM tweaks');
        my $is = sql($db, 'SELECT muted FROM groups WHERE id = 1');
        my $acked = $answer =~ /"applied":true/;
        ok($now == $was + 1 || !$acked, "$point: what was answered is there");
        ok(($now == $was) == ($is == $muted), "$point: all or nothing", "tweaks $was -> $now, muted $muted -> $is");
        $now == $was ? $lost++ : $kept++;
    }
    ok($kept > 0 && $lost > 0, "some were too early ($lost), some were not ($kept)");
    check_db($db);
}

done();
