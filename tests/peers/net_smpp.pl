#!/usr/bin/perl
# A small SMSC on Perl's Net::SMPP (Debian's libnet-smpp-perl).
#
#   net_smpp.pl SYSTEM_ID PASSWORD
#
# It listens on a free port of 127.0.0.1, and tells what it sees as one JSON object a line. A line on
# standard input is an order: "enquire_link", "unbind", or "message FROM TO TEXT" (a text from a phone).
# It ends with standard input.
use strict;
use warnings;
use Encode qw(decode encode);
use IO::Select;
use JSON::PP;
use Net::SMPP;
use POSIX qw(strftime);

use constant { ESME_ROK => 0x00, ESME_RINVPASWD => 0x0E, RECEIPT => 0x04, UDH => 0x40 };

my ($system_id, $password) = @ARGV;
my $json     = JSON::PP->new->ascii->canonical;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34, async => 1)
    or die "no port to listen on: $!";
my $select = IO::Select->new($listener, \*STDIN);
my (%bound, %texts, %awaited);
my $messages = 0;

$| = 1;
$SIG{PIPE} = 'IGNORE';
# The module warns of each connection that ends.
$SIG{__WARN__} = sub { warn @_ unless $_[0] =~ /premature eof|error reading header/ };
saw('listening', port => $listener->sockport);

my %take = (
    bind_transceiver  => \&take_bind,
    submit_sm         => \&take_submit_sm,
    deliver_sm_resp   => \&take_response,
    enquire_link      => sub { my ($link, $pdu) = @_; $link->enquire_link_resp(seq => $pdu->{seq}) },
    enquire_link_resp => \&take_response,
    unbind            => \&take_unbind,
    unbind_resp       => \&take_response,
);

while (1) {
    for my $ready ($select->can_read) {
        if    ($ready == $listener) { $select->add($listener->accept) }
        elsif ($ready == \*STDIN)   { obey() }
        else                        { take($ready) }
    }
}

sub take {
    my ($link) = @_;
    my $pdu = $link->read_pdu;
    if (!$pdu) {
        saw('closed');
        delete $bound{$link};
        $select->remove($link);
        return $link->close;
    }
    my $command = $pdu->explain_cmd;
    saw($command, status => $pdu->{status}) if $command ne 'submit_sm';
    my $take = $take{$command} or return;
    $take->($link, $pdu);
}

sub take_bind {
    my ($link, $pdu) = @_;
    my $right  = $pdu->{system_id} eq $system_id && $pdu->{password} eq $password;
    my $status = $right ? ESME_ROK : ESME_RINVPASWD;
    # Without sc_interface_version, as this module answers by itself; and with a body though it refuses.
    $link->bind_transceiver_resp(seq => $pdu->{seq}, status => $status, system_id => 'Net::SMPP');
    $bound{$link} = $link if $right;
    saw($right ? 'bound' : 'refused');
}

sub take_submit_sm {
    my ($link, $pdu) = @_;
    my $id = sprintf '%010d', ++$messages;
    $link->submit_sm_resp(seq => $pdu->{seq}, message_id => $id);
    join_text($pdu);
    send_receipt($link, $pdu, $id) if $pdu->{registered_delivery};
}

# Tells a text once all its segments are here, in whatever order they came.
sub join_text {
    my ($pdu) = @_;
    my ($octets, $reference, $total, $number) = ($pdu->{short_message}, 0, 1, 1);
    if ($pdu->{esm_class} & UDH) {
        (my $header, $octets) = unpack 'C/a a*', $octets;
        my ($element, $data) = unpack 'C C/a', $header;
        ($reference, $total, $number) = unpack $element == 0x08 ? 'nCC' : 'CCC', $data;
    }
    my $alphabet = $pdu->{data_coding} == 8 ? 'UTF-16BE' : 'gsm0338';
    my $to       = $pdu->{destination_addr};
    my $segments = $texts{"$to $reference"} //= {};
    $segments->{$number} = decode($alphabet, $octets);
    return if keys %$segments < $total;
    delete $texts{"$to $reference"};
    my $text = join '', map { $segments->{$_} } 1 .. $total;
    saw('text', from => $pdu->{source_addr}, to => $to, text => $text,
        segments => $total, data_coding => $pdu->{data_coding});
}

sub send_receipt {
    my ($link, $pdu, $id) = @_;
    my $now  = strftime '%y%m%d%H%M', gmtime;
    my $text = "id:$id sub:001 dlvrd:001 submit date:$now done date:$now stat:DELIVRD err:000 text:";
    deliver($link, 'receipt', $pdu->{destination_addr}, $pdu->{source_addr}, $text, RECEIPT);
}

sub deliver {
    my ($link, $what, $from, $to, $text, $esm_class) = @_;
    # What GSM 03.38 has no letters for goes in UCS-2.
    my $octets = encode('gsm0338', $text, Encode::FB_QUIET | Encode::LEAVE_SRC);
    my $ucs2   = decode('gsm0338', $octets) ne $text;
    my $seq = $link->deliver_sm(
        source_addr      => $from, source_addr_ton => 1, source_addr_npi => 1,
        destination_addr => $to,   esm_class       => $esm_class,
        data_coding      => $ucs2 ? 8 : 0,
        short_message    => $ucs2 ? encode('UTF-16BE', $text) : $octets,
    );
    $awaited{"$link $seq"} = $what;
}

# What a request of ours was answered; which kind of deliver_sm it was.
sub take_response {
    my ($link, $pdu) = @_;
    my $what = delete $awaited{"$link $pdu->{seq}"} or return;
    saw("$what answered", status => $pdu->{status});
}

# Whose connection it is to end is left to the gateway.
sub take_unbind {
    my ($link, $pdu) = @_;
    $link->unbind_resp(seq => $pdu->{seq});
    delete $bound{$link};
}

sub obey {
    exit 0 unless sysread STDIN, my $orders, 4096;
    for (split /\n/, decode('UTF-8', $orders)) {
        my ($order, @rest) = split / /, $_, 4;
        for my $link (values %bound) {
            if    ($order eq 'enquire_link') { $link->enquire_link }
            elsif ($order eq 'unbind')       { $link->unbind }
        }
        deliver((values %bound)[0], 'message', @rest, 0) if $order eq 'message';
    }
}

sub saw {
    my ($what, %details) = @_;
    print $json->encode({ saw => $what, %details }), "\n";
}
