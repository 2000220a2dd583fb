#!/usr/bin/perl
# What operators see of a running engine: status, top (in a real terminal), and the pages for
# monitoring.
use strict;
use warnings;
use File::Basename qw(dirname);
use IO::Socket::INET;
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'status');
$ENV{DRUMBEAT_RUN_DIR} = dir() . '/run';
delete $ENV{COLUMNS};

sub found { my ($name) = @_; return (grep { -x "$_/$name" } split /:/, $ENV{PATH})[0] }

my $seq = 0;

sub event {
    my ($kind, $member, $more) = @_;
    $seq++;
    return qq(1: say {"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"$kind","group":"g1",)
        . qq("member":"$member") . ($more ? ",$more" : '') . '}';
}

# "a.b.c" or "a.2.b" of a JSON text: our own answers hold no blanks, and names of members come once in
# an object.
sub field {
    my ($json, $name) = @_;
    return $json =~ /"\Q$name\E":("(?:[^"\\]|\\.)*"|[^,}\]]+)/ ? $1 : undef;
}

sub object { my ($json, $name) = @_; return $json =~ /"\Q$name\E":(\{[^{}]*\})/ ? $1 : '' }

my $playbook = q{
at("23:50", "good night", function(group) group:say("晚安") end)
on("message", function(event) event.group:say("听到了 " .. event.text) end)
} . "\n";

my $quiet = join "\n", '*: hello send',
    event('member.join', 'u-1'), event('member.join', 'u-2'), event('member.join', 'u-3'),
    event('member.leave', 'u-3'), event('message', 'u-1', '"text":"在吗"'),
    event('visit', 'u-1', '"page":"shop"'), event('visit', 'u-2', '"page":"shop"'),
    event('cart', 'u-1', '"sku":"coat","qty":1'),
    event('order.paid', 'u-1', '"order":"o-1","total":"399.00","currency":"CNY",'
        . '"items":[{"sku":"coat","qty":1,"paid":"399.00"}]');

my $folder = campaign(
    name => 'night', playbook => $playbook, plan => { chat => $quiet },
    groups => qq(group { "g1", title = "第一群", segment = "old", limit = 500, connector = "chat" }\n)
        . qq(group { "第二个群叫这个名字", title = "Two", segment = "new", limit = 500 }\n),
    head => qq(budget { "gifts", yuan(1000) }\n));
my $db = "$folder/brand.db";
my $port = 20000 + $$ % 20000;

sub run_engine {
    unlink "$folder/run.err";
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', $db, '--yes', '--metrics', $port);
    wait_for('the connector', sub { slurp("$folder/run.err") =~ /chat is up/ });
    return $pid;
}

if (test 'without an engine') {
    my ($code, $out, $err) = run_it(drumbeat(), 'status');
    is($code, 6, 'status');
    like($err, qr/no engine is running.*drumbeat run CAMPAIGN/, 'says how one is started');
    ($code, $out, $err) = run_it(drumbeat(), 'top', '--once');
    is($code, 6, 'top');
}

my $engine = run_engine();
my ($code, $out, $err) = (0, '', '');

if (test 'status knows what happened') {
    my $json = '';
    wait_for('the order', sub {
        ($code, $json) = run_it(drumbeat(), 'status', '--json');
        return (field(object($json, 'funnel'), 'paid') // 0) eq 1;
    });
    is($code, 0, 'nothing needs a person');
    is(field($json, 'schema'), '"drumbeat.status/1"', 'schema');
    is(field($json, 'campaign'), '"night"', 'campaign');
    is(field($json, 'state'), '"runs"', 'state');
    my $funnel = object($json, 'funnel');
    is(field($funnel, $_->[0]), $_->[1], $_->[0])
        for ['members', 2], ['visited', 2], ['carted', 1], ['paid', 1];
    my $totals = object($json, 'totals');
    is(field($totals, $_->[0]), $_->[1], $_->[0])
        for ['groups', 2], ['joins', 3], ['leaves', 1], ['messages_10m', 1], ['messages_60m', 1];
    is(field(object($json, 'sales'), 'paid'), 39900, 'sales');
    like($json, qr/"budgets":\[\{"cap":100000,"free":100000,"name":"gifts","reserved":0,"spent":0\}\]/,
        'budgets');
    like($json, qr/"next":\[\{"at":\d+,"group_count":2,"groups":\["g1","第二个群叫这个名字"\],"held":false,"in_ms":\d+,"name":"good night","time":"23:50:00"\}/,
        'what comes next');
    like($json, qr/"connectors":\[\{[^{}]*"name":"chat",[^{}]*"up":true/, 'connectors');
    like($json, qr/"alarms":\[\]/, 'no alarms');
    unlike($json, qr/u-1/, 'nobody is named');
    ($code, $out) = run_it(drumbeat(), 'status');
    like($out, qr/^night  runs, day 1 of 1, \d\d:\d\d:\d\d/, 'its head');
    like($out, qr/next +23:50:00 +in \d+:\d\d:\d\d +good night/, 'the next thing');
    like($out, qr/unsent +nothing.*nothing needs you/s, 'and the rest');
}

if (test 'a backup is known') {
    is((run_it(drumbeat(), 'backup', '--db', $db, "$folder/copy.db"))[0], 0, 'made');
    stop($engine);
    $engine = run_engine();  # It looks now and then, and when it begins.
    wait_for('its time', sub { ($code, $out) = run_it(drumbeat(), 'status'); $out =~ /backup +0:\d\d ago/ });
}

if (test 'what is held by a pause is neither waiting nor late') {
    my ($status) = run_it(drumbeat(), 'eval', '--apply', 'mute("g1")');
    is($status, 0, 'muted');
    spew("$folder/chat.plan", $quiet . "\n" . event('message', 'u-2', '"text":"z"') =~ s/^1:/*:/r);
    stop($engine);
    $engine = run_engine();
    wait_for('the message', sub {
        (undef, $out) = run_it(drumbeat(), 'status', '--json');
        return (field(object($out, 'outbox'), 'held') // 0) > 0;
    });
    is(field(object($out, 'outbox'), 'waiting'), 0, 'nothing waits');
    like($out, qr/"notes":\[\{"do":"drumbeat attach","kind":"group_muted","text":"group g1 is muted/, 'a note says so');
    is((run_it(drumbeat(), 'eval', '--apply', 'unmute("g1")'))[0], 0, 'unmuted');
    wait_for('it to go out', sub {
        (undef, $out) = run_it(drumbeat(), 'status', '--json');
        my $outbox = object($out, 'outbox');
        return field($outbox, 'held') eq 0 && field($outbox, 'in_flight') eq 0;
    });
}

if (test 'several engines') {
    my $other = campaign(name => 'other', plan => { chat => '*: hello send' });
    my $pid = start("$other/run", drumbeat(), 'run', $other, '--db', "$other/brand.db", '--yes');
    wait_for('the second one', sub { slurp("$other/run.err") =~ /chat is up/ });
    ($code, $out) = run_it(drumbeat(), 'status');
    is($code, 0, 'nothing needs a person');
    like($out, qr/^night  runs, .* nothing needs you\nother  runs, .*\n\z/, 'a line each');
    ($code, $out) = run_it(drumbeat(), 'status', '--json');
    like($out, qr/^\{"schema":"drumbeat.engines\/1","engines":\[\{"schema":"drumbeat.status\/1"/, 'all of it');
    ($code, $out) = run_it(drumbeat(), 'status', 'other');
    like($out, qr/^other  runs/, 'one by its name');
    my $err;
    ($code, $out, $err) = run_it(drumbeat(), 'top', '--once');
    is($code, 2, 'a screen is of one');
    like($err, qr/say which of night, other/, 'and says which there are');
    ($code, $out, $err) = run_it(drumbeat(), 'status', 'third');
    is($code, 6, 'no such engine');
    is(stop($pid), 0, 'ends well');
}

sub unlike { my ($got, $unwanted, $what) = @_; return ok($got !~ $unwanted, $what, "got $got") }

sub cells {
    my ($line) = @_;
    utf8::decode($line);
    my $cells = 0;
    $cells += ord > 0x2e7f && ord() < 0xffe7 ? 2 : 1 for split //, $line;
    return $cells;
}

if (test 'top is printed at any width') {
    for my $width (20, 40, 60, 80, 200) {
        local $ENV{COLUMNS} = $width;
        ($code, $out) = run_it(drumbeat(), 'top', '--once');
        is($code, 0, "ends well at $width");
        unlike($out, qr/\x1b/, 'no colour in a file');
        my @long = grep { cells($_) > $width } split /\n/, $out;
        ok(!@long, "no line is longer than $width", @long);
        like($out, qr/^ night .*\n.*NEXT.*UV.*FUNNEL.*GROUPS.*OUT.*ENGINE/s, 'all of it');
    }
    for my $width (20, 60, 80) {
        local $ENV{COLUMNS} = $width;
        ($code, $out) = run_it(drumbeat(), 'top', '--once', '--lang', 'zh');
        like($out, qr/^ night .*\n.*接下来.*UV.*漏斗.*群.*发送.*引擎/s, 'all of it in Chinese');
        my @long = grep { cells($_) > $width } split /\n/, $out;
        ok(!@long, "no line of it is longer than $width", @long);
    }
    local $ENV{COLUMNS} = 80;
    ($code, $out) = run_it(drumbeat(), 'top', '--once');
    my ($head) = $out =~ /^( GROUPS.*)$/m;
    my ($one) = $out =~ /^(  g1 .*)$/m;
    my ($two) = $out =~ /^(  第二个群.*)$/m;
    # Figures end where their heads end, whatever cells the name takes.
    my $at = sub { my ($line, $text) = @_; return cells(substr $line, 0, index($line, $text) + length $text) };
    is($at->($one, ' 2'), $at->($head, 'members'), 'members stand below their head');
    $two =~ /^(  \S+ +0)/;
    is(cells($1), $at->($head, 'members'), 'below a name in Chinese too');
}

sub web {
    my ($question) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5)
        or return "no connection: $!";
    print {$socket} $question;
    local $/ = undef;
    my $answer = <$socket>;
    return $answer // '';
}

if (test 'figures for Prometheus') {
    my $page = web("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:$port\r\n\r\n");
    like($page, qr{^HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4}, 'a page');
    $page =~ s/^.*?\r\n\r\n//s;
    my (%type, %last);
    for my $line (split /\n/, $page) {
        if ($line =~ /^# HELP (\w+) \S.*\.$/) { $type{$1} = '' }
        elsif ($line =~ /^# TYPE (\w+) (gauge|counter|histogram)$/) {
            ok(defined $type{$1} && $type{$1} eq '', "$1 has its help, once");
            $type{$1} = $2;
            my ($name, $is_counter) = ($1, $2 eq 'counter');
            ok($is_counter == ($name =~ /_total$/), "$name: counters alone end with _total");
        } elsif ($line =~ /^(\w+?)(_bucket|_sum|_count)?(\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})? (-?[\d.e+-]+)$/) {
            my $name = exists $type{"$1" . ($2 // '')} ? $1 . ($2 // '') : $1;
            ok($type{$name}, "$line is declared");
            if (($2 // '') eq '_bucket') {
                ok($4 >= ($last{$1} // 0), "$line: never falls");
                $last{$1} = $4;
            }
        } else { ok(0, "not understood: $line") }
    }
    like($page, qr/^drumbeat_members\{campaign="night",group="g1"\} 2$/m, 'members');
    like($page, qr/^drumbeat_uv_total\{campaign="night"\} 2$/m, 'visitors');
    like($page, qr/^drumbeat_revenue_cents_total\{campaign="night"\} 39900$/m, 'revenue');
    like($page, qr/^drumbeat_connector_up\{connector="chat"\} 1$/m, 'connectors');
    like($page, qr/^drumbeat_connector_requests_total\{connector="chat",code="ok"\} 1$/m, 'commands');
    like($page, qr/^drumbeat_${_}_bucket\{le="\+Inf"\} [1-9]/m, $_)
        for 'loop_lag_seconds', 'journal_fsync_seconds';
    unlike($page, qr/u-1/, 'nobody is named');
    like(web("GET /healthz HTTP/1.0\r\n\r\n"), qr{^HTTP/1.1 200 OK.*\r\n\r\nok\n$}s, 'healthz');
    like(web("GET /members HTTP/1.0\r\n\r\n"), qr{^HTTP/1.1 404 }, 'no other page');
    like(web("POST /metrics HTTP/1.0\r\n\r\n"), qr{^HTTP/1.1 405 }, 'GET alone');
    like(web("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"), qr{^HTTP/1.1 400 }, 'another host');
    like($page, qr/^drumbeat_connector_latency_seconds_count\{connector="chat"\} 1$/m, 'how long it took');
    like($page, qr/^drumbeat_lua_seconds_bucket\{le="\+Inf"\} \d/m, 'playbooks');
    like($page, qr/^drumbeat_journal_bytes [1-9]/m, 'the journal');
    like($page, qr/^drumbeat_$_->[0]\{$_->[1]\} 0$/m, $_->[0])
        for ['guard_refusals_total', 'guard="budget"'],
        ['invites_rejected_total', 'campaign="night",rule="name-a"'],
        ['draws_total', 'campaign="night",verified="yes"'];
    my (undef, $rules) = run_it(drumbeat(), '__alerts');
    for my $name ($rules =~ /expr: .*?(drumbeat_\w+)/g) {
        like($page, qr/^$name[ {]/m, "$name, for which there is an alert");
    }
    if (found('promtool')) {
        spew("$folder/page", $page);
        $code = wait_end(start("$folder/promtool", 'sh', '-c', "promtool check metrics <'$folder/page'"));
        is($code, 0, 'promtool has nothing to say: ' . slurp("$folder/promtool.err"));
    } else {
        print "SKIPPED: promtool is not installed (package prometheus): the page was only looked at here\n";
    }
}

# A real terminal: what tmux shows of it.
my @tmux = ('tmux', '-L', "drumbeat-status-$$", '-f', '/dev/null');

my $has_server = 0;
END { local $?; system @tmux, 'kill-server' if $has_server }

sub tmux {
    my (@command) = @_;
    my ($status, $said) = run_it(@tmux, @command);
    return $said;
}

sub screen { return tmux('capture-pane', '-p') }

if (test 'top in a terminal') {
    if (my $why = no_terminal()) {
        print "SKIPPED: $why: top was only looked at when printed\n";
    } else {
        my $program = drumbeat();
        local $ENV{LC_ALL} = 'C.UTF-8';
        $has_server = 1;
        tmux('new-session', '-d', '-x', 80, '-y', 24,
            "$program top; echo ended \$?; stty -a | grep -ow -- '-*icanon'; sleep 60");
        my $shown = '';
        wait_for('the screen', sub { ($shown = screen()) =~ /^ night .*q leaves/s });
        my @rows = split /\n/, $shown;
        ok(@rows <= 24, 'no more than 24 rows');
        like($rows[0], qr/^ night  Test  runs +day 1 of 1  \d\d:\d\d:\d\d$/, 'its head');
        like($shown, qr/GROUPS +members +joined +left +10 min +hour +orders +awake +unsent/, 'all columns');
        my $clock = substr $rows[0], -8;
        wait_for('the next second', sub { screen() !~ /\Q$clock\E/ });
        tmux('resize-window', '-x', 60, '-y', 20);
        wait_for('the smaller one', sub { ($shown = screen()) =~ /^ night .*GROUPS +members +joined +10 min/s });
        ok(!(grep { cells($_) > 60 } split /\n/, $shown), 'no row is longer');
        like($shown, qr/OUT .*ENGINE .*q leaves/s, 'to its end');
        tmux('resize-window', '-x', 30, '-y', 6);
        wait_for('a tiny one', sub { ($shown = screen()) =~ /^ night .*OUT.*\n ENGINE.*\n q leaves/s });
        tmux('resize-window', '-x', 80, '-y', 24);
        stop($engine);
        wait_for('that it has gone', sub { screen() =~ /! the engine has gone away; this is 0:\d\d old/ });
        $engine = run_engine();
        wait_for('that it is back', sub { ($shown = screen()) =~ /q leaves/ && $shown !~ /gone away/ });
        tmux('send-keys', 'x');
        tmux('send-keys', 'q');
        wait_for('the end', sub { screen() =~ /ended 0\nicanon/ });
        tmux('respawn-pane', '-k', "$program top; echo ended \$?; stty -a | grep -ow -- '-*icanon'; sleep 60");
        wait_for('the screen again', sub { screen() =~ /q leaves/ });
        tmux('send-keys', 'C-c');
        wait_for('the terminal back', sub { screen() =~ /ended 130\nicanon/ });
        tmux('kill-server');
        $has_server = 0;
    }
}
is(stop($engine), 0, 'ends well');

if (test 'what needs a person is an alarm') {
    unlink "$folder/chat.log";  # Its starts are counted anew.
    spew("$folder/chat.plan", join "\n", '*: hello send', 'command *: error refused',
        event('message', 'u-1', '"text":"y"'),
        event('order.paid', 'u-2', '"order":"o-2","total":"1.00","currency":"XXX","items":[]'),
        event('member.leave', 'u-2'));
    $engine = run_engine();
    wait_for('the alarm', sub {
        ($code, $out) = run_it(drumbeat(), 'status');
        return $out =~ /did not go out/ && $out =~ /waits? behind/;
    });
    is($code, 1, 'the exit code says so');
    like($out, qr/! 1 message did not go out\n +drumbeat outbox shows/, 'what, and what to do');
    like($out, qr/! 1 event waits behind 1 refused one\n +drumbeat parked shows/, 'what is held back');
    ($code, $out) = run_it(drumbeat(), 'status', '--json');
    is($code, 1, 'also as JSON');
    like($out, qr/"alarms":\[\{"do":"[^"]+","kind":"failed","text":"[^"]+"\}/, 'as data');
    ($code, $out) = run_it(drumbeat(), 'top', '--once');
    like($out, qr/ ! 1 message did not go out\n   > drumbeat outbox/, 'on the screen');
    is(stop($engine), 0, 'ends well');
    check_db($db);
}

done();
