#!/usr/bin/perl
# What a change would do, asked of a running engine: a child answers, the engine goes on and its file
# and outbox stay as they are.
use strict;
use warnings;
use File::Basename qw(dirname);
use IO::Select;
use IO::Socket::UNIX;
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'whatif');
$SIG{PIPE} = 'IGNORE';
$ENV{DRUMBEAT_RUN_DIR} = dir() . '/run';

my $playbook = <<'LUA';
at("23:58", "evening", function(group) group:announce("teaser", "evening") end)
on("message", function(event) event.group:say("heard " .. event.text) end)
LUA

sub event {
    my ($seq, $kind, $more) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"$kind","group":"old-1",)
        . qq("member":"u-$seq"$more});
}

my $folder = campaign(name => 'if', playbook => $playbook,
    plan => { chat => join "\n", '*: hello send dm',
        map { "1: say " . event($_, 'member.join', '') } 1 .. 30 },
    groups => qq(group { "old-1", title = "One", segment = "old", limit = 500, connector = "chat" }\n),
    head => qq(budget { "games", yuan(1000) }\n));
my $pid = start("$folder/live", drumbeat(), 'run', $folder, '--db', "$folder/brand.db", '--yes');
my $path = "$ENV{DRUMBEAT_RUN_DIR}/if/view.sock";
wait_for('the socket', sub { -S $path });

my $id = 0;
sub dial {
    my $io;
    wait_for('a connection', sub { $io = IO::Socket::UNIX->new(Peer => $path) });
    return { io => $io, got => '' };
}

sub send_op {
    my ($client, $rest) = @_;
    $id++;
    syswrite $client->{io}, qq({"id":$id,$rest}\n);
    return $id;
}

sub answer {
    my ($client, $wanted, $seconds) = @_;
    my $until = now() + ($seconds // 20);
    do {
        while ($client->{got} =~ s/^(.*)\n//) {
            my $line = $1;
            return $line if $line =~ /"id":$wanted,/;
        }
        if (IO::Select->new($client->{io})->can_read($seconds // 0.2)) {
            sysread $client->{io}, $client->{got}, 1 << 16, length $client->{got} or return '';
        }
    } while (now() < $until);
    return '';
}

sub ask { my ($client, $rest) = @_; return answer($client, send_op($client, $rest)) }

my $client = dial();
my $other = dial();
wait_for('thirty members', sub { ask($client, '"op":"eval","text":"groups"') =~ /\b30\b/ });
my $before = ask($client, '"op":"hash"');
my $asked = send_op($client, '"op":"eval","text":"whatif delay(\"evening\", minutes(1))"');
my @took;
my $told = '';
while ($told eq '' && @took < 20000) {  # Meanwhile the engine answers others at once.
    my $at = now();
    ask($other, '"op":"hello"') =~ /"ok":true/ or die "the engine doesn't answer";
    push @took, now() - $at;
    $told = answer($client, $asked, 0.005);
}
ok($told =~ /timer evening \[old-1\]/, 'it tells what would change');
ok($told =~ /a rehearsal, not a forecast/, 'and that it is a rehearsal');
ok($told =~ /30 simulated people/, 'of the members that are there');
@took = sort { $a <=> $b } @took;
printf "%d answers beside it: p50 %.2f ms, p99 %.2f ms\n", scalar @took, 1000 * $took[@took / 2],
    1000 * $took[int(0.99 * @took)];
ok($took[int(0.99 * @took)] < 0.15, 'the engine goes on beside it');
ok(ask($client, '"op":"hash"') =~ /("hash":"\w+")/
    && index($before, $1) >= 0, 'nothing was changed');
ok(ask($client, '"op":"whatif","text":"budgets"') =~ /changes nothing/, 'a look is no change');
ok(ask($client, '"op":"whatif","text":"dely(1)"') =~ /did you mean 'delay'/, 'a wrong line is told at once');
my $why = ask($client, '"op":"eval","text":"why(\"u-7\", \"voucher\")"');
ok($why =~ /NOT given: u-7 got nothing of 'voucher'/, 'it tells why not', $why);
$why = ask($client, '"op":"why","text":"u-7"');
ok($why =~ /u-7: 1 events, 1 told.*member\.join/, 'and what there was', $why);
$asked = send_op($client, '"op":"whatif","runs":1000,"text":"delay(\"evening\", minutes(1))"');
ok(ask($client, '"op":"interrupt"') =~ /"ok":true/, 'it can be interrupted');
send_op($other, '"op":"whatif","runs":1000,"text":"delay(\"evening\", minutes(1))"');
close $other->{io};  # Who leaves ends her own.
ok(ask($client, '"op":"hello"') =~ /"ok":true/, 'the engine lives');
# From the shell, by the campaign's name.
my @line = ('delay("evening", minutes(1))', '--runs', 2, '-q');
my ($code, $out, $err) = run_it(drumbeat(), 'whatif', 'if', @line);
is($code, 0, 'a what-if of the campaign that runs');
like($out, qr/timer evening \[old-1\].*2 paired rehearsals from .*30 simulated people/s, 'is the same');
($code, $out) = run_it(drumbeat(), 'whatif', @line, '--json');
like($out, qr/^\{"schema":"drumbeat.whatif\/1".*"runs":2,"people":30/, 'as data, of the only one that runs');
($code, $out) = run_it(drumbeat(), 'whatif', 'if', '--runs', 1, '-q');
like($out, qr/^1 rehearsal from .*30 simulated people/s, 'as it is, named alone');
($code, $out, $err) = run_it(drumbeat(), 'whatif', 'other', @line);
is($code, 6, 'of one that does not run');
like($err, qr/no engine runs 'other'; those that run: if/, 'it says which do');
($code, $out) = run_it(drumbeat(), 'why', 'if', 'u-7', 'voucher', '-q');
like($out, qr/^NOT given: u-7 got nothing of 'voucher'/, 'why, by its name');
($code, $out) = run_it(drumbeat(), 'why', 'u-7', '--json', '-q');
like($out, qr/^\{"schema":"drumbeat.why\/1","member":"u-7","thing":null,"got":null,"seen":1,"events":\[\{"at":\d+,"time":"[^"]+","kind":"member.join","what":"member.join"/, 'and as data');
($code, $out, $err) = run_it(drumbeat(), 'why', 'if');
is($code, 2, 'of nobody');
like($err, qr/of whom\? drumbeat why if MEMBER/, 'says what is missing');
stop($pid);
done();
