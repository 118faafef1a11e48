# The eight operations with GitLab::API::v4, step by step. Each step's outcome is a line of JSON. The client has no
# agents; its REST client does. It sends bodies as JSON.
use strict;
use warnings;
use GitLab::API::v4;
use JSON;

my $project = $ENV{GITLAB_PROJECT};
my $api     = GitLab::API::v4->new(
    url => "$ENV{GITLAB_URL}/api/v4",
    ($ENV{AUTHENTICATION} eq 'bearer' ? 'access_token' : 'private_token') => $ENV{GITLAB_TOKEN},
);
my $json = JSON->new->canonical->allow_nonref;

sub step {
    my ($name, $call) = @_;
    my $value   = eval { $call->() };
    my $outcome = { step => $name, value => $value };
    if (my $error = $@) {
        my ($status) = $error =~ /\b([45]\d\d)\b/;
        $outcome = { step => $name, error => $error, status => 0 + ($status // 0) };
    }
    print $json->encode($outcome), "\n";
    return $value;
}

sub rest {
    my ($verb, $path, $vars, %options) = @_;
    return $api->rest_client->request($verb, $path, $vars, { %options, headers => $api->_auth_headers });
}

# pages reads until a page is not full, as the client's paginator does.
sub pages {
    my ($path, $vars, $per_page) = @_;
    my (@all, $records);
    for (my $page = 1; !$records || @$records == $per_page; $page++) {
        $records = rest('GET', $path, $vars, query => { page => $page, per_page => $per_page });
        push @all, @$records;
    }
    return \@all;
}

my $agents = 'projects/:id/cluster_agents';
step('who',     sub { $api->current_user->{username} });
step('version', sub { $api->version->{version} });
my $agent = step('register', sub { rest('POST', $agents, [$project], content => { name => 'a' }) });
for my $name ('b', 'c') {
    step('register', sub { rest('POST', $agents, [$project], content => { name => $name }) });
}
step('list', sub { pages($agents, [$project], 2) });
my @one = ("$agents/:agent_id", [$project, $agent->{id}]);
step('get',   sub { rest('GET',  @one) });
step('taken', sub { rest('POST', $agents, [$project], content => { name => 'a' }) });

my @tokens = ("$agents/:agent_id/tokens", [$project, $agent->{id}]);
my $made   = step('create token', sub { rest('POST', @tokens, content => { name => 'ci', description => 'for CI' }) });
my @token  = ("$agents/:agent_id/tokens/:token_id", [$project, $agent->{id}, $made->{id}]);
step('list tokens',  sub { pages(@tokens, 20) });
step('get token',    sub { rest('GET',    @token) });
step('revoke token', sub { rest('DELETE', @token) });
step('list tokens',  sub { pages(@tokens, 20) });
step('delete',       sub { rest('DELETE', @one) });
step('gone',         sub { rest('GET',    @one) });
