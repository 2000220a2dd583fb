# What tests that kill the program share: what it sent, and what is to be seen in its file in the end.
package Crash;
use strict;
use warnings;
use Exporter 'import';
use Harness;

our @EXPORT = qw(commands_of compare_commands sights first_difference);

# Commands by key; each key once, with what it carried.
sub commands_of {
    my %by_key;
    for my $line (map { lines($_) } @_) {
        my ($id) = $line =~ /"id":"([0-9a-f]{32})"/ or next;
        next if substr($line, -1) ne '}';    # Torn by the kill.
        ok(($by_key{$id} // $line) eq $line, "one content for key $id", $by_key{$id}, $line)
            if ($by_key{$id} // $line) ne $line;
        $by_key{$id} = $line;
    }
    return \%by_key;
}

# Scenes have keys of their own making. What a handler sends has the key of its turn, and a turn that
# was lost unsent may come back under another number: there only what is sent must be the same.
# $of_scene finds the lines of scenes.
sub without_turn_keys {
    my ($by_key, $of_scene) = @_;
    my (%out, %count);
    for my $id (sort { $by_key->{$a} cmp $by_key->{$b} } keys %$by_key) {
        my $line = $by_key->{$id};
        my $bare = $line =~ s/"id":"[0-9a-f]+",//r;
        my $is_scenes = $line =~ $of_scene;
        $out{ $is_scenes ? $id : $bare . ' #' . ++$count{$bare} } = $is_scenes ? $line : $bare;
    }
    return \%out;
}

sub compare_commands {
    my ($got, $wanted, $of_scene, $what) = @_;
    $_ = without_turn_keys($_, $of_scene) for $got, $wanted;
    my @missing = grep { !exists $got->{$_} } sort keys %$wanted;
    my @extra = grep { !exists $wanted->{$_} } sort keys %$got;
    ok(!@missing, "$what: nothing is missing", map { $wanted->{$_} } @missing[0 .. ($#missing > 4 ? 4 : $#missing)]);
    ok(!@extra, "$what: nothing is sent that wasn't", map { $got->{$_} } @extra[0 .. ($#extra > 4 ? 4 : $#extra)]);
    my @other = grep { exists $got->{$_} && $got->{$_} ne $wanted->{$_} } sort keys %$wanted;
    return ok(!@other, "$what: what is sent is the same",
        map { ($wanted->{$_}, $got->{$_}) } @other[0 .. ($#other > 2 ? 2 : $#other)]);
}

# All that must be the same in the end, whatever happened on the way (promises.c).
sub sights {
    my ($status, $out) = run_it(checker(), $_[0], 'sights');
    ok($status == 0, "what is to be seen in $_[0]", $out) if $status != 0;
    return $out;
}

sub first_difference {
    my ($got, $wanted) = map { [split /\n/] } @_;
    for my $i (0 .. @$wanted) {
        my ($g, $w) = ($got->[$i] // '(none)', $wanted->[$i] // '(none)');
        return ("row $i got    $g", "row $i wanted $w") if $g ne $w;
    }
    return;
}

1;
