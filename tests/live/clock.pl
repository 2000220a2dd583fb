#!/usr/bin/perl
# The machine sleeps for an hour, its clock is set, and somebody reads the file all the while: through
# the real program.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use POSIX qw(strftime);
use Harness;

my $shifted = abs_path(pop @ARGV);    # The program with a clock that can be set (shift.c).
setup(@ARGV, 'clock');

sub event {
    my ($seq, $text) = @_;
    return qq({"t":"ev","seq":$seq,"ts":) . time . qq(000,"id":"e$seq","k":"message","group":"g1",)
        . qq("member":"u1","text":"$text"});
}

sub run_live {
    my ($folder) = @_;
    return start("$folder/run", sub { $ENV{SHIFT_FILE} = "$folder/shift" },
        $shifted, 'run', $folder, '--db', "$folder/brand.db", '--yes');
}

# A file is replaced at once: nobody reads half of it.
sub shift_clock {
    my ($folder, $seconds) = @_;
    spew("$folder/shift.new", $seconds * 1000);
    rename "$folder/shift.new", "$folder/shift";
}

sub said { return slurp("$_[0]/run.err") }
sub texts { return join ' ', map { $_->[2] =~ /"text":"([^"]*)"/ } cmd_lines("$_[0]/chat.log") }

my $echo = q{on("message", function(event) event.group:say("heard " .. event.text) end)} . "\n";

# Entries half an hour and an hour from now, by the campaign's clock.
sub entries {
    my $noon = strftime '%M:%S', gmtime;
    my $minutes = 12 * 60 + (gmtime)[1];
    my $at = sub { my $m = $minutes + $_[0]; return sprintf '%02d:%02d', $m / 60, $m % 60 };
    return $echo . join '', map { qq(at("@{[$at->($_->[0])]}", "$_->[1]", function(group) group:say("$_->[1]") end, { late = "$_->[2]" })\n) }
        [30, 'skipped', 'skip'], [31, 'late', 'run'], [90, 'later', 'run'];
}

if (test 'a machine that sleeps for an hour: each entry by its late policy, once') {
    my $folder = campaign(name => 'sleeps', playbook => entries(), plan => { chat => join "\n",
        '*: hello send', '*: say ' . event(1, 'x'), '*: until heard x', '*: wait 3.5', '*: say ' . event(2, 'y') });
    my $db = "$folder/brand.db";
    shift_clock($folder, 0);
    my $pid = run_live($folder);
    wait_for('an answer', sub { texts($folder) =~ /heard x/ });
    shift_clock($folder, 3600);
    wait_for('the late one', sub { texts($folder) =~ /late/ });
    wait_for('an answer', sub { texts($folder) =~ /heard y/ });
    like(said($folder), qr/the clock went forward by 3\d{3} s .*run late or are skipped/, 'said');
    is(texts($folder), 'heard x late heard y', 'late by its policy, the other is skipped');
    is(sql($db, "SELECT count(*) FROM milestones WHERE kind = 'skipped'"), 1, 'and noted');

    # Set back again: nothing happens twice, and time stands still.
    my $before = sql($db, 'SELECT last_at FROM meta');
    shift_clock($folder, 0);
    is(stop($pid), 0, 'ends well');
    unlink "$folder/run.err";
    spew("$folder/chat.plan", "*: hello send\n*: say " . event(3, 'z'));
    $pid = run_live($folder);
    wait_for('an answer', sub { texts($folder) =~ /heard z/ });
    is(texts($folder), 'heard x late heard y heard z', 'nothing a second time');
    is(stop($pid), 0, 'ends well');
    ok(sql($db, 'SELECT last_at FROM meta') >= $before, 'engine time never goes back');
    check_db($db);
}

if (test 'a clock that is set back while it runs') {
    my $folder = campaign(name => 'back', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', '*: say ' . event(1, 'x'), '*: until heard x', '*: wait 1.5', '*: say ' . event(2, 'y') });
    shift_clock($folder, 0);
    my $pid = run_live($folder);
    wait_for('an answer', sub { texts($folder) =~ /heard x/ });
    my $before = sql("$folder/brand.db", 'SELECT last_at FROM meta');
    shift_clock($folder, -3600);
    wait_for('an answer', sub { texts($folder) =~ /heard y/ });
    like(said($folder), qr/the clock was set back by 3\d{3} s: engine time stands still/, 'said');
    is(stop($pid), 0, 'ends well');
    ok(sql("$folder/brand.db", 'SELECT last_at FROM meta') >= $before, 'engine time never goes back');
    check_db("$folder/brand.db");
}

if (test 'somebody who reads the file for long never blocks the beat') {
    my $count = 300;
    my $folder = campaign(name => 'reader', playbook => $echo, plan => { chat => join "\n",
        '*: hello send', '*: say ' . event(1, 'm1'), '*: until heard m1', '*: wait 0.3',
        map { '*: say ' . event($_, "m$_") } 2 .. $count });
    my $db = "$folder/brand.db";
    my $pid = start("$folder/run", drumbeat(), 'run', $folder, '--db', $db, '--yes');
    wait_for('the first', sub { texts($folder) =~ /heard m1\b/ });
    pipe my $hold, my $release or die;
    my $reader = start("$db.reader", sub { close $release; open STDIN, '<&', $hold or die },
        checker(), $db, 'hold');
    close $hold;
    wait_for('the reader', sub { slurp("$db.reader.out") =~ /locked/ });
    my $begun = now();
    wait_for('all of it', sub { slurp("$folder/chat.log") =~ /"ack","seq":$count\}/ && texts($folder) =~ /heard m$count\b/ });
    ok(now() - $begun < 10, 'while it reads');
    ok(said($folder) !~ /locked/, 'nobody waited');
    is(sql($db, 'SELECT messages FROM groups'), $count, 'others read what is new');
    close $release;
    wait_end($reader);
    is(stop($pid), 0, 'ends well');
    check_db($db);
}

done();
