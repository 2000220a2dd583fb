# A client of an engine's operators' sockets, for tests.
package Console;
use strict;
use warnings;
use Exporter 'import';
use IO::Select;
use IO::Socket::UNIX;
use Harness;

our @EXPORT = qw(dial read_line ask hash field apply);

# dial(CAMPAIGN, view|operate): somebody at its socket.
sub dial {
    my ($name, $which) = @_;
    my $io;
    wait_for('a connection', sub {
        $io = IO::Socket::UNIX->new(Peer => "$ENV{DRUMBEAT_RUN_DIR}/$name/" . ($which // 'operate') . '.sock');
    });
    return { io => $io, got => '', id => 0 };
}

sub quote {
    my ($text) = @_;
    $text =~ s/([\\"])/\\$1/g;
    $text =~ s/\n/\\n/g;
    return qq("$text");
}

sub read_line {
    my ($client, $seconds) = @_;
    my $until = now() + ($seconds // 10);
    while ($client->{got} !~ /\n/) {
        return undef if now() > $until;
        next if !IO::Select->new($client->{io})->can_read(0.2);
        return undef if !sysread $client->{io}, $client->{got}, 1 << 16, length $client->{got};
    }
    $client->{got} =~ s/^(.*)\n//;
    return $1;
}

# An op with its answer.
sub ask {
    my ($client, $op, $text, %more) = @_;
    my $id = ++$client->{id};
    my $line = qq({"id":$id,"op":"$op","text":) . quote($text // '')
        . join('', map { qq(,"$_":$more{$_}) } sort keys %more) . "}\n";
    syswrite $client->{io}, $line;
    # A what-if takes time that nobody wants.
    while (defined(my $answer = read_line($client, 60))) {
        return $answer if $answer =~ /"id":$id,/;
    }
    return '';
}

# Of all rows: what was changed and taken back leaves it as it was.
sub hash { return ask($_[0], 'hash') =~ /"hash":"([0-9a-f]+)"/ ? $1 : 'none' }

sub field { return $_[0] =~ /"$_[1]":"((?:[^"\\]|\\.)*)"/ ? $1 : '' }

# Applies a line with whatever it wants typed; the answer.
sub apply {
    my ($client, $text) = @_;
    my $shown = ask($client, 'eval', $text);
    my $confirm = field($shown, 'confirm');
    my $token = field($shown, 'token');
    return ask($client, 'apply', $text, token => qq("$token"), $confirm ne '' ? (confirm => qq("$confirm")) : ());
}

1;
