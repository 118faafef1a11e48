package rules_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"example.com/gitlab-agents/contract/wire"
)

// leaks are ways in which the secret of a token comes again.
var leaks = []brokenStream{
	{"a property of the list", newest, func(s *stream) exchanges {
		return exchanges{s.get(tokensPath(5), list(tokenText(8, 5, fmt.Sprintf(`,"token":%q`, secretOf(8)))))}
	}},
	{"a property of the single read", newest, func(s *stream) exchanges {
		return exchanges{s.get(tokenPath(5, 8), tokenText(8, 5, unused+fmt.Sprintf(`,"token":%q`, secretOf(8))))}
	}},
	{"a property of an agent", newest, func(s *stream) exchanges {
		return exchanges{answer(s.readAgent(5, "a5"), `"created_by`, `"token":"anything","created_by`)}
	}},
	{"under another name", newest, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"created_by`, fmt.Sprintf(`"key":%q,"created_by`, secret))
	})},
	{"a value", newest, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", "made: "+secret))
	})},
	{"without its prefix", newest, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", strings.TrimPrefix(secret, "glagent-")))
	})},
	{"all but its last characters", newest, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", secret[:len(secret)-8]))
	})},
	{"in base64", newest, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", base64.StdEncoding.EncodeToString([]byte(secret))))
	})},
	{"in base64 as the password of a user", newest, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", base64.StdEncoding.EncodeToString([]byte("me:"+secret))))
	})},
	{"in base64 as the password of another user", newest, leak(func(x *wire.Exchange, secret string) {
		answer(x, `"Some token"`, fmt.Sprintf("%q", base64.StdEncoding.EncodeToString([]byte("user:"+secret+"!"))))
	})},
	{"in a header", newest, leak(func(x *wire.Exchange, secret string) { header(x, "X-Debug", "token="+secret) })},
	{"in a cookie", newest, leak(func(x *wire.Exchange, secret string) { header(x, "Set-Cookie", "t="+secret+"; Path=/") })},
	{"in Link", newest, leak(func(x *wire.Exchange, secret string) {
		header(x, "Link", strings.ReplaceAll(x.Response.Header.Get("Link"), "page=1", "page=1&token="+secret))
	})},
	{"in Location", newest, leak(func(x *wire.Exchange, secret string) { header(x, "Location", "https://gitlab.example.com/?"+secret) })},
	{"in an error", newest, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), s.refused("GET", agentPath(5), "", 403, "403 Forbidden - "+secretOf(8))}
	}},
	{"in the create of the next", newest, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), answer(s.createToken(9, 5), `"Some token"`, fmt.Sprintf("%q", secretOf(8)))}
	}},
	{"in a header of its own create", newest, func(s *stream) exchanges {
		return exchanges{header(s.createToken(8, 5), "Location", "https://gitlab.example.com/?token="+secretOf(8))}
	}},
	{"twice in its own create", newest, func(s *stream) exchanges {
		return exchanges{answer(s.createToken(8, 5), `"Some token"`, fmt.Sprintf("%q", secretOf(8)))}
	}},
	{"to another caller", newest, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), with(s.readAgent(5, "a5"), func(x *wire.Exchange) {
			x.Request.Header.Set("Private-Token", "glpat-another-user-of-gitlab")
			answer(x, `"name":"a5"`, fmt.Sprintf(`"name":%q`, secretOf(8)))
		})}
	}},
	{"in another project, much later", newest, func(s *stream) exchanges {
		exchanges := exchanges{s.createToken(8, 5)}
		for i := range 500 {
			exchanges = append(exchanges, s.createToken(100+i, 5))
		}
		return append(exchanges, s.get("/projects/21/repository/files/x", fmt.Sprintf(`{"content":%q}`, secretOf(8))))
	}},
	{"as what it is made of", older, func(s *stream) exchanges {
		return exchanges{answer(s.readToken(8, 5), `"agent_id":5`, `"agent_id":5,"token_encrypted":"c2FsdGVkX18="`)}
	}},
	{"as its SHA-256", older, leak(func(x *wire.Exchange, secret string) {
		header(x, "X-Token", fmt.Sprintf("%x", sha256.Sum256([]byte(secret))))
	})},
	{"as its SHA-256 in base64", older, leak(func(x *wire.Exchange, secret string) {
		digest := sha256.Sum256([]byte(secret))
		header(x, "X-Token", base64.StdEncoding.EncodeToString(digest[:]))
	})},
	{"in small letters", older, leak(func(x *wire.Exchange, secret string) { header(x, "X-Token", strings.ToLower(secret)) })},
	{"without its ends", older, leak(func(x *wire.Exchange, secret string) { header(x, "X-Token", secret[14:52]) })},
	{"in the answer to another operation", newest, func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), s.get("/events", fmt.Sprintf(`[{"note":%q}]`, secretOf(8)))}
	}},
}

// leak shows the secret of token 8 in a list of tokens that is read afterwards.
func leak(show func(x *wire.Exchange, secret string)) func(s *stream) exchanges {
	return func(s *stream) exchanges {
		return exchanges{s.createToken(8, 5), with(s.listTokens(5, 8), func(x *wire.Exchange) { show(x, secretOf(8)) })}
	}
}
