#!/usr/bin/perl
# `drumbeat plan`: what is sent, given and spent, when nobody answers.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'plan');

my $folder = campaign(name => 'plan', days => <<'LUA', playbook => <<'SHOW',
day(1) { playbook = "show", segment = "old" }
LUA
local thanks = coupon { name = "thanks", off = yuan(30), over = yuan(100), budget = "vouchers", total = 20 }
local hearts = nth_like { name = "hearts", n = 3, prize = { "Cap", value = yuan(25) }, budget = "games" }
at("20:30", "evening", function(group)
  group:announce("teaser", "Good evening, " .. group.name .. ", and a line that is longer than sixty cells are.")
  if group:wait_for { messages = 5, within = minutes(10) } then
    group:say("never seen here")
    group:give_everyone(thanks, "many")
  end
  group:say("Nobody?")
end)
at("09:00", "morning", function(group)
  group:say("Morning")
end)
at("12:00", "noon", function(group)
  group:say("To all")
end, { per = "campaign" })
SHOW
    groups => join('', map { qq(group { "g$_", title = "Group $_", segment = "old" }\n) } 1 .. 3)
        . qq(group { "n1", segment = "new" }\n),
    head => qq(budget { "vouchers", yuan(1000) }\nbudget { "games", yuan(500) }\n));

if (test 'as text') {
    my ($status, $out, $err) = run_it(drumbeat(), 'plan', $folder);
    is($status, 0, 'exit code');
    like($out, qr/nobody answers here/, 'says what it is');
    like($out, qr/^  g1, g2, g3 \(texts as in g1\)$/m, 'groups with the same evening stand together');
    ok($out !~ /^  n1/m, 'a group without a day has none');
    like($out, qr/09:00 +say +Morning\n +12:00 +say +To all\n +20:30 +teaser +Good evening, Group 1, and a line that is longer than sixty …\n +20:40 +say +Nobody\?/,
        'in order, texts cut at 60 cells');
    ok($out !~ /never seen/, 'what depends on an answer is missing');
    like($out, qr/coupon +thanks +vouchers +¥600\.00/, 'a coupon at worst');
    like($out, qr/vouchers +¥1,000\.00 +¥600\.00 +¥400\.00/, 'its budget and what is to spare');
    my ($zh_status, $zh) = run_it('env', 'LANG=zh_CN.UTF-8', 'LC_ALL=zh_CN.UTF-8', drumbeat(), 'plan', $folder);
    is($zh_status, 0, 'exit code');
    like($zh, qr/没有人回应/, 'in Chinese');
}

if (test 'as JSON') {
    my ($status, $out, $err) = run_it(drumbeat(), 'plan', $folder, '--json');
    is($status, 0, 'exit code');
    like($out, qr/^\{"schema":"drumbeat\.plan\/1","quiet":true,"campaign":"plan","currency":"CNY"/, 'schema');
    is(scalar(() = $out =~ /"kind":"teaser"/g), 3, 'every group');
    like($out, qr/\{"group":"g2","at":"20:40","at_ms":\d+,"op":"send","kind":"say","count":1,"text":"Nobody\?"\}/, 'an item');
    like($out, qr/\{"word":"coupon","name":"thanks","budget":"vouchers","worst_fen":60000,"where":"[^"]*playbook\.lua:2"\}/, 'a thing');
    like($out, qr/\{"name":"vouchers","cap_fen":100000,"worst_fen":60000\}/, 'a budget');
}

if (test 'faults') {
    my ($status, $out, $err) = run_it(drumbeat(), 'plan', dir() . '/nothing');
    is($status, 3, 'no such campaign');
    spew("$folder/playbooks/show/playbook.lua", qq(playbook { name = "show", version = 1, goal = "traffic" }\nanounce()\n));
    ($status, $out, $err) = run_it(drumbeat(), 'plan', $folder);
    is($status, 3, 'exit code');
    like($err, qr/playbook\.lua:2: .*anounce/, 'file and line');
    is($out, '', 'and no plan');
}

done();
