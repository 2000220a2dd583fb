#!/usr/bin/perl
# The console at a real terminal: typed by tmux, looked at as a person sees it.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'terminal');
$ENV{DRUMBEAT_RUN_DIR} = dir() . '/run';
$ENV{HOME} = dir();
delete $ENV{XDG_STATE_HOME};
delete $ENV{NO_COLOR};

if (my $why = no_terminal()) {
    print "SKIPPED: $why: nobody has typed into the console\n";
    done();
}

my $folder = campaign(name => 'typed', playbook => <<'LUA',
local input = inputs { gift = money { money(10), help = "What a latecomer gets" } }
at("21:00", "evening", function(group) group:say("evening") end)
on("message", function(event) event.group:say("heard " .. event.text) end)
LUA
    plan => { chat => "*: hello send dm kick pay\n" },
    groups => qq(group { "old-1", title = "One", segment = "old", limit = 500, connector = "chat" }\n),
    head => qq(budget { "games", yuan(1000) }\n));
my $db = "$folder/brand.db";
my $pid = start("$folder/live", drumbeat(), 'run', $folder, '--db', $db, '--yes');
wait_for('the sockets', sub { -S "$ENV{DRUMBEAT_RUN_DIR}/typed/operate.sock" });

my @tmux = ('tmux', '-L', "drumbeat-terminal-$$", '-f', '/dev/null');
sub tmux { my ($status, $said) = run_it(@tmux, @_); return $said }
sub screen { return tmux('capture-pane', '-p', '-S', '-200') }
sub type { tmux('send-keys', '-l', $_[0]); return }
sub key { tmux('send-keys', @_); return }

# Types a line and waits until the screen shows this behind it.
sub line {
    my ($text, $wanted, $what) = @_;
    my $before = length screen();
    type($text);
    key('Enter');
    my $seen;
    wait_for("$what: $wanted", sub { ($seen = screen()) =~ $wanted });
    return ok(1, $what);
}

tmux('new-session', '-d', '-x', 80, '-y', 24, drumbeat(), 'attach');
wait_for('the first prompt', sub { screen() =~ /typed [\d:]+ ro>/ });
ok(screen() =~ /Read-only until you type `live`/, 'it says how it is');
type('budg');
key('Tab');
wait_for('the rest of the word', sub { screen() =~ /ro> budget/ });
key('Tab');
wait_for('the choice', sub { screen() =~ /budget_add  budgets/ });
line('s', qr/games *¥1,000/, 'completed, and looked at');
line('delay("evening", 5)', qr/nothing was changed: you are here to look/, 'looking changes nothing');
line('for i = 1, 2 do', qr/\.\.\. >/, 'a line that goes on');
line('end', qr/\.\.\. > end\n[^\n]*ro>/, 'and ends');
type('something wrong');
key('C-c');
wait_for('a new prompt', sub { screen() =~ /something wrong\n[^\n]*ro> *\n*$/ });
ok(1, 'Ctrl-C forgets the line and nothing else');
line('"今晚八点半 🎁"', qr/\n今晚八点半 🎁/, 'Chinese, typed and shown');
line('?delay', qr/class: move   undo: until it runs/, 'help');
line('live', qr/LIVE>/, 'live');
line('delay("evening", 5)', qr/21:00:00 -> 21:05:00\n  Enter applies/, 'shown first');
line('no', qr/left as it is/, 'anything else leaves it');
type('delay("evening", 6)');
key('Enter');
wait_for('the question', sub { screen() =~ /21:06:00\n  Enter applies/ });
key('Enter');
wait_for('the answer', sub { screen() =~ /applied as tweak 1; `undo 1`/ });
line('budget_add("games", yuan(5))', qr/type 1005 \(the new cap\) to confirm/, 'money asks for the amount');
line('1004', qr/1004 isn't the new cap/, 'which is compared');
type('group("old-1"):say("now")');
key('Enter');
wait_for('the amount', sub { screen() =~ /can't be undone: it sends at once/ });
type('1');
key('Enter');
wait_for('the countdown', sub { screen() =~ /in \d s; Enter or Ctrl-C stops it/ });
key('Enter');
wait_for('stopped', sub { screen() =~ /stopped: nothing was changed/ });
ok(slurp("$folder/chat.log") !~ /"now"/, 'nothing was sent');
key('Up');
key('Up');
wait_for('the history', sub { screen() =~ /LIVE> (budget_add|delay|group)[^\n]*\n*$/ });
key('C-u');
is((run_it(drumbeat(), 'eval', '--apply', 'mute("old-1")'))[0], 0, 'somebody else mutes a group');
line('', qr/\n  \* \w+ at [\d:]+, tweak 2: mute\("old-1"\)\n[^\n]*LIVE> *\n*$/, 'which is told at the next prompt');
is((run_it(drumbeat(), 'eval', '--apply', 'unmute("old-1")'))[0], 0, 'and unmutes it');
type('whatif delay("evening", 7)');
key('Enter');
wait_for('it is worked out', sub { screen() =~ /some seconds: a child works it out/ });
key('C-c');
wait_for('stopped or told', sub { screen() =~ /\n  stopped\n|nothing was changed, nothing was sent/ });
line('undo 1', qr/21:06:00 -> 21:00:00\n  Enter applies/, 'undo is shown');
key('Enter');
wait_for('undone', sub { screen() =~ /tweak 1 is undone/ });
my $book = "$folder/playbooks/show/playbook.lua";
my $text = slurp($book);
spew($book, $text =~ s/"21:00", "evening"/"21:10", "evening"/r);
line('reload', qr/typed, from where it was started:\n.*~ entry +evening +21:00 → 21:10.*\n  Enter lets it take over/s, 'a reload is shown');
line('no', qr/lets it take over, [^\n]*no\n  left as it is/, 'anything else leaves it');
line('timers 1', qr/evening +21:00:00/, 'as it was');
spew($book, $text =~ s/"21:00", "evening"/"21:65", "evening"/r);
line("reload $folder", qr{playbook\.lua:3: .*not reloaded, the version before runs on}s, 'a fault has its place');
spew($book, $text =~ s/"21:00", "evening"/"21:20", "evening"/r);
line('reload', qr/21:00 → 21:20/, 'mended');
key('Enter');
wait_for('taken over', sub { screen() =~ /reloaded: version 2 runs; `reload back N` goes back/ });
line('timers 1', qr/evening +21:20:00/, 'it runs');
line('reload back 7', qr{there is no version 7: there}, 'no such version');
line('reload back 1', qr/the sources of version 1 again\n.*21:20 → 21:00/s, 'back is shown');
key('Enter');
wait_for('gone back', sub { screen() =~ /reloaded: version 3 runs/ });
line('reload /nowhere', qr{there is no folder /nowhere}, 'no such folder');
spew($book, $text);
line('inputs 1', qr/gift +¥10 +the playbook/, 'inputs');
line('change_input(1, "gift", yuan(25))', qr/~ input +gift +¥10 → ¥25.*type 25 \(the new gift\) to confirm/s, 'an input asks for its amount');
line('25', qr/applied as tweak 4; `undo 4`/, 'typed');
line('undo 4', qr/~ input +gift +¥25 → ¥10\n  Enter applies/, 'and back');
key('Enter');
wait_for('undone', sub { screen() =~ /tweak 4 is undone/ });
line('watch 0.3s uv', qr/(uv [^\n]*0 this minute.*?){3}/s, 'watched');
key('Enter');
wait_for('the prompt', sub { screen() =~ /LIVE> *\n*$/ });
line('pause all', qr/PAUSED LIVE>/, 'the brake');
tmux('resize-window', '-x', 40, '-y', 10);
line('timers 1', qr/evening.*held/, 'in a small window');
key('C-d');
wait_for('the end', sub { tmux('list-sessions') eq '' });
ok(-s dir() . '/.drumbeat_history', 'what was typed is remembered');
is((stat dir() . '/.drumbeat_history')[2] & 0777, 0600, 'for nobody else');
tmux('kill-server');
my ($code, $out) = run_it(drumbeat(), 'eval', 'hello');
is(stop($pid), 0, 'the campaign went on, and ends well');
check_db($db);
done();
