package answerer

// What to do about a stranger. Each is one or two sentences.
const (
	proxyCure = "Set HTTPS_PROXY with the proxy's user and password, or add GitLab's host to NO_PROXY."

	serverAuthCure = "Let requests to /api/v4 pass without this user name and password, or use GitLab's internal address: the API has its own tokens."

	challengeCure = "Turn the challenge off for /api/v4, or let the address that this runs from pass: a program cannot solve it."

	cdnErrorCure = "Check that the CDN knows this host and reaches GitLab, or use GitLab's own address behind the CDN."

	notReachedCure = "Check that it reaches GitLab: that its targets are healthy, and the time after which it gives up is long enough."

	wafCure = "Let the firewall pass all methods, paths and bodies under /api/v4 for this client, or use GitLab's address behind it. Its log says which rule refused the request."

	filterCure = "Ask for GitLab's host to be allowed in the filter, or run this from a network without it."

	squidCure = "Check that the proxy reaches GitLab and passes all methods, or add GitLab's host to NO_PROXY."

	signInCure = "Let requests with an access token reach /api/v4 without the sign-in, or use GitLab's address behind it."

	gitlabSignInCure = "Check the URL and its relative root: the request did not reach GitLab's API, or a sign-in in front of it took it."

	portalCure = "Sign in to the network first, or run this from another one."

	httpsCure = "Give the URL with https: %s."

	redirectCure = "Give the URL that it redirects to, if that is the GitLab; otherwise check the URL and its relative root."

	sharedCacheCure = "Turn caching off for /api/v4: answers depend on the token, and are stale after every change."

	clientCacheCure = "Record again with the browser's cache turned off."

	parkedCure = "Check the host in the URL: no GitLab is there."

	otherAPICure = "Check the URL: it is the address of GitLab, with its relative root if it has one. If a gateway stands in front, let it pass /api/v4 unchanged."

	otherWebsiteCure = "Check the URL: it is the address of GitLab, with its relative root if it has one."

	webServerCure = "Look into the log of the server in front of GitLab, and let it pass all methods and paths under /api/v4 unchanged."

	errorPageCure = "Let GitLab's errors pass as they are: proxy_intercept_errors off in nginx, ProxyErrorOverride Off in Apache. If the page is no replacement of GitLab's, check that all paths under /api/v4 lead to GitLab."

	gatewayCure = "Let the gateway route all methods and paths under /api/v4 to GitLab unchanged, without checks of its own."

	quotaCure = "Raise the gateway's quota for this client, or use GitLab's address behind the gateway."

	apacheSlashCure = "Set AllowEncodedSlashes NoDecode in Apache, and nocanon on ProxyPass. Until then the project's numeric id works instead of its path."

	nginxSlashCure = "Give proxy_pass without a URI (proxy_pass http://gitlab;), so that nginx passes the path as it came. Until then the project's numeric id may work instead of its path."

	iisSlashCure = "Let IIS pass escaped slashes: set requestFiltering allowDoubleEscaping, and have ARR forward the path unescaped as it came. Until then the project's numeric id may work."

	javaSlashCure = "Let the server accept %2F in paths: encodedSolidusHandling=\"passthrough\" in Tomcat, UriCompliance in Jetty. Until then the project's numeric id may work."

	anySlashCure = "Let what stands in front of GitLab pass %2F in paths as it came: AllowEncodedSlashes NoDecode in Apache, proxy_pass without a URI in nginx, allowEncodedSlash in Traefik. Until then the project's numeric id may work."
)

// AnySlashCure is what to do about an escaped slash that something unknown refuses.
const AnySlashCure = anySlashCure
