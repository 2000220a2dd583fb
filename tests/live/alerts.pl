#!/usr/bin/perl
# The alert rules for a Prometheus server: each fires on what it is about, and none on a good night.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Harness;

setup(@ARGV, 'alerts');

# Alert, its metric (with labels), a good value, a bad one.
my @CASES = (
    ['DiskFull',         'storage_full',                        0,    1],
    ['SlowDisk',         'commit_most_seconds',                 0.9,  1.1],
    ['Lag',              'loop_lag_most_seconds',               0.149, 0.151],
    ['ConnectorDown',    'connector_up{connector="chat"}',      1,    0],
    ['Unsent',           'outbox_oldest_seconds',               59,   61],
    ['Failed',           'outbox_failed',                       0,    1],
    ['AwaitingStaff',    'outbox_awaiting_staff',               0,    1],
    ['HeldBack',         'events_holding',                      0,    1],
    ['Suspended',        'playbooks_suspended',                      0,    1],
    ['HandlerSuspended', 'handlers_suspended',                  0,    1],
    ['SceneFailed',      'scenes_failed',                       0,    1],
    ['PlaybookError',    'playbook_errors_total',               3,    4],
    ['Skipped',          'timer_missed_total',                  3,    4],
    ['EngineDown',       'build_info{version="1",schema="1"}',  1,    undef],
);

my ($code, $rules) = run_it(drumbeat(), '__alerts');
my $file = dir() . '/rules.yml';
spew($file, $rules);
is($code, 0, 'they are printed');
my %tested = map { ("Drumbeat$_->[0]" => 1) } @CASES;
is(join(' ', grep { !$tested{$_} } $rules =~ /alert: (\w+)/g), '', 'each is tested here');

# Good for a minute, then as `bad` says for another.
sub series {
    my ($bad) = @_;
    return join '', map {
        my ($alert, $metric, $good, $worse) = @$_;
        my $then = $alert ne $bad ? "${good}x9" : defined $worse ? "${worse}x9" : 'stale _x8';
        "      - series: 'drumbeat_$metric'\n        values: '${good}x5 $then'\n"
    } @CASES;
}

my $text = "rule_files: [$file]\nevaluation_interval: 5s\ntests:\n";
for my $case (undef, @CASES) {
    my $alert = $case ? $case->[0] : '';
    $text .= "  - interval: 10s\n    input_series:\n" . series($alert)
        . "    promql_expr_test:\n      - expr: 'count by (alertname) (ALERTS{alertstate=\"firing\"})'\n"
        . "        eval_time: 140s\n        exp_samples:"
        . ($alert eq '' ? " []\n" : "\n          - {labels: '{alertname=\"Drumbeat$alert\"}', value: 1}\n");
}
spew(dir() . '/test.yml', $text);
if (grep { -x "$_/promtool" } split /:/, $ENV{PATH}) {
    my ($status, $out, $err) = run_it('promtool', 'check', 'rules', $file);
    is($status, 0, "promtool has nothing to say: $out$err");
    ($status, $out, $err) = run_it('promtool', 'test', 'rules', dir() . '/test.yml');
    ok($status == 0, 'each fires when it should, alone', split /\n/, "$out$err");
} else {
    print "SKIPPED: promtool is not installed (package prometheus): the alert rules were only printed\n";
}
done();
