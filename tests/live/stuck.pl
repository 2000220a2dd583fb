#!/usr/bin/perl
# What an operator sees of a command that failed, and that it goes out once she says so.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'stuck');

my $echo = q{on("message", function(event) event.group:say("听到了 " .. event.text) end)} . "\n";

sub event {
    my ($seq, $text) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"message","group":"g1",)
        . qq("member":"u1","text":"$text"});
}

if (test 'a command that was refused is settled and goes out at the next start') {
    my $folder = campaign(name => 'refused', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', 'command 1: error refused', '1: say ' . event(1, 'x') });
    my $db = "$folder/brand.db";
    my @run = (drumbeat(), 'run', $folder, '--db', $db, '--yes');
    my $operator = sub {
        unlink "$folder/said.err";
        my $code = wait_end(start("$folder/said", drumbeat(), @_, '--db', $db));
        return ($code, slurp("$folder/said.out") . slurp("$folder/said.err"));
    };
    my $pid = start("$folder/run", @run);
    wait_for('the refusal', sub { slurp("$folder/run.err") =~ /not sent/ });
    my ($code, $said) = (0, '');
    wait_for('the dead letter', sub { ($code, $said) = $operator->('outbox'); $said =~ /failed/ });
    like($said, qr/1  failed .* g1 .*听到了 x +1  refused/, 'listed while the engine runs');
    ($code, $said) = $operator->('outbox', '--resolve', '1', 'again');
    is($code, 1, 'not while the engine runs');
    like($said, qr/brand\.db.*$pid.*stop it, settle this, and start it again/s, 'says who and what');
    is(stop($pid), 0, 'ends well');

    ($code, $said) = $operator->('outbox', '--resolve', '1', 'again');
    is($code, 0, 'settled');
    like($said, qr/effect 1: ready/, 'says so');
    ($code, $said) = $operator->('outbox');
    like($said, qr/1  ready /, 'ready');
    ($code, $said) = $operator->('replay', '-q');
    is($code, 0, 'the decision is replayed');
    like($said, qr/rows of all tables: the same/, 'every row');

    $pid = start("$folder/run", @run);
    wait_for('it goes out', sub { () = slurp("$folder/chat.log") =~ /R .*听到了 x/g; });
    wait_for('its result', sub { ($code, $said) = $operator->('outbox'); $said =~ /nothing: all/ });
    is(stop($pid), 0, 'ends well');
    is(scalar(() = slurp("$folder/chat.log") =~ /R .*听到了 x/g), 2, 'twice asked for, twice sent');
    check_db($db);
    ($code, $said) = $operator->('replay', '-q');
    is($code, 0, 'and all of it is replayed');
}

done();
