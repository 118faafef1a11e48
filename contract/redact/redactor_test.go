package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/redact"
)

// The secrets of the tests: one of the alphabet that GitLab uses, and one that every encoding has to escape.
const (
	plain  = "canary-Qx7Zk2Lm9_v"
	spiced = "can'ry~ \"ü\\$`!</&+%41?=/😀"
)

// encodings are the forms of a secret that have to be found, with text around them.
func encodings(secret string) map[string]string {
	inJSON, _ := json.Marshal(secret)
	inJSONInJSON, _ := json.Marshal(string(inJSON))
	var inXML bytes.Buffer
	xml.EscapeText(&inXML, []byte(secret))
	forms := map[string]string{
		"as it is":      "x" + secret + "y",
		"query":         "https://host/?a=" + url.QueryEscape(secret) + "&b=c",
		"query, lower":  "a=" + lowerHex(url.QueryEscape(secret)),
		"path":          "https://host/a/" + url.PathEscape(secret) + "/b",
		"every byte":    "a=" + percent(secret, func(int) bool { return true }),
		"every other":   "a=" + percent(secret, func(i int) bool { return i%2 == 0 }),
		"JSON":          string(inJSON),
		"JSON, ASCII":   strconv.QuoteToASCII(secret[:3]) + escapeAll(secret),
		"JSON, slashes": strings.ReplaceAll(string(inJSON), "/", `\/`),
		"JSON in JSON":  string(inJSONInJSON),
		"Go":            fmt.Sprintf("%q", secret),
		"shell, single": "'" + strings.ReplaceAll(secret, "'", `'\''`) + "'",
		"shell, double": `"` + strings.NewReplacer("$", `\$`, "`", "\\`", `"`, `\"`, `\`, `\\`, "!", `"'!'"`).Replace(secret) + `"`,
		"JSON, quoted":  "'" + strings.ReplaceAll(string(inJSON), "'", `'\''`) + "'",
		"JSON, double":  `"` + strings.NewReplacer("$", `\$`, "`", "\\`", `"`, `\"`, `\`, `\\`, "!", `"'!'"`).Replace(string(inJSON)) + `"`,
		"pointer":       "/a/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(secret) + "/b",
		"lower case":    strings.ToLower(secret),
		"HTML":          html.EscapeString(secret),
		"XML":           inXML.String(),
		"hex":           hex.EncodeToString([]byte(secret)),
		"HEX":           strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for i, before := range []string{"", "a", "ab", "abc", "user:"} {
		for j, after := range []string{"", "x", "xy", "xyz"} {
			for name, enc := range map[string]*base64.Encoding{
				"std": base64.StdEncoding, "raw": base64.RawStdEncoding,
				"url": base64.URLEncoding, "raw url": base64.RawURLEncoding,
			} {
				forms[fmt.Sprintf("base64 %s %d %d", name, i, j)] = "Basic " + enc.EncodeToString([]byte(before+secret+after))
			}
		}
	}
	return forms
}

func lowerHex(escaped string) string {
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] == '%' {
			b.WriteString(strings.ToLower(escaped[i : i+3]))
			i += 2
		} else {
			b.WriteByte(escaped[i])
		}
	}
	return b.String()
}

func percent(s string, which func(int) bool) string {
	var b strings.Builder
	for i := range len(s) {
		if which(i) || s[i] == '%' {
			fmt.Fprintf(&b, "%%%02x", s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// escapeAll is s as JSON with \u for all but backslash and quote.
func escapeAll(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r > 0xffff {
			fmt.Fprintf(&b, `\u%04X\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{plain, spiced} {
		r := redact.New()
		r.Learn(secret)
		for name, form := range encodings(secret) {
			text := "before " + form + " after"
			got := r.Redact(text)
			assert.Contains(t, got, redact.Redacted, "%s: %s", name, text)
			assert.True(t, strings.HasPrefix(got, "before "), got)
			assert.True(t, strings.HasSuffix(got, " after"), got)
			// At most the two digits of base64 that the secret shares with its neighbours may stay.
			assert.Less(t, len(got)-len(redact.Redacted), len(text)-len(secret)+3, "%s: %s", name, got)
			assert.Equal(t, got, string(r.RedactBytes([]byte(text))))
			assert.Equal(t, "nothing to find", redact.New().Redact("nothing to find"))
		}
	}
}

func TestRedactText(t *testing.T) {
	t.Parallel()
	r := redact.New()
	for _, secret := range []string{"hunter2", " hunter2 with spaces around \n", "ter2-and-more", "with spa", "short", "", "redacted", plain} {
		r.Learn(secret)
	}
	const pat = "glpat-0123456789abcdefghij"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"no secret", "an ordinary line, 100% of it \\ & + \n", "an ordinary line, 100% of it \\ & + \n"},
		{"twice", "hunter2 hunter2", "[redacted] [redacted]"},
		{"side by side", "hunter2hunter2", "[redacted][redacted]"},
		{"overlapping", "a hunter2-and-more b", "a [redacted] b"},
		{"the longer of two", "hunter2 with spaces around", "[redacted]"},
		{"a part of one", "hunter", "hunter"},
		{"too short to be learned", "short", "short"},
		{"what was redacted", "[redacted]", "[redacted]"},
		{"Basic", "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+plain)), "Authorization: Basic dXNlcjp[redacted]"},
		{"a token never learned", "token " + pat + ", and so on", "token [redacted], and so on"},
		{"an agent token", "glagent-" + strings.Repeat("x", 50) + ".01.0a1b2c3d4", "[redacted]"},
		{"with an instance prefix", "acme-glagent-" + strings.Repeat("x", 50), "acme-[redacted]"},
		{"a token in a URL", "?private_token=glpat%2D0123456789abcdefghij&page=1", "?private_token=[redacted]&page=1"},
		{"a token in base64", base64.StdEncoding.EncodeToString([]byte("git:" + pat)), "Z2l0Om[redacted]"},
		{"a token in hex", hex.EncodeToString([]byte(pat)) + " end", "[redacted] end"},
		{"the shortest token", "glrt-0123456789abcdef", "[redacted]"},
		{"no token, by a character", "glrt-0123456789abcde", "glrt-0123456789abcde"},
		{"no token", "glpat-owner and glagent-config are names", "glpat-owner and glagent-config are names"},
	} {
		assert.Equal(t, tt.want, r.Redact(tt.text), tt.name)
	}
}

// A token that its shape gives away costs nothing to learn.
func TestLearnTokens(t *testing.T) { // not in parallel: it counts allocations
	r := redact.New()
	r.Learn("glpat-0123456789abcdefghij")
	assert.Equal(t, "[redacted]", r.Redact("glpat-0123456789abcdefghij"))
	tokens := make([]string, 12)
	for i := range tokens {
		tokens[i] = fmt.Sprintf("glpat-0123456789abcdef%04d", i)
	}
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		r.Learn(tokens[0])
		tokens = tokens[1:]
	}))
	r.Learn("glpat-short")
	assert.Equal(t, "[redacted]", r.Redact("glpat-short"))
	r.Learn("glpat-0123456789abcdefghij/and more")
	assert.Equal(t, "[redacted]", r.Redact("glpat-0123456789abcdefghij/and more"))
}

func TestLearnLongSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var long strings.Builder
	for range 100 {
		long.WriteString(randomSecret(random))
	}
	r := redact.New()
	r.Learn(long.String())
	for _, text := range []string{long.String(), url.QueryEscape(long.String())} {
		got := r.Redact("a " + text + " b")
		assert.Empty(t, strings.Trim(strings.ReplaceAll(got, redact.Redacted, ""), "a b"), got)
	}
	same := strings.Repeat("a", 100_000)
	r.Learn(same)
	assert.Empty(t, strings.ReplaceAll(r.Redact(same), redact.Redacted, ""))
}

// A quote may be cut short within a secret.
func TestRedactCut(t *testing.T) {
	t.Parallel()
	r := redact.New()
	r.Learn(plain)
	r.Learn(spiced)
	for _, secret := range []string{plain, spiced} {
		forms := encodings(secret)
		for _, form := range []string{"as it is", "every byte", "JSON", "lower case", "hex", "HEX"} {
			text := forms[form]
			for cut := 1; cut < len(text); cut++ {
				got := r.RedactCut("it said " + text[:cut] + "… and more")
				assert.Regexp(t, `^it said (x|a=?|")?(\[redacted\])?… and more$`, got, "%s: %q", form, text[:cut])
			}
		}
	}
	assert.Equal(t, "nothing to hide… here", r.RedactCut("nothing to hide… here"))
	assert.Equal(t, "a [redacted] and a [redacted]", r.RedactCut("a "+plain+" and a "+spiced))
}

func TestWriter(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{plain, spiced} {
		r := redact.New()
		r.Learn(secret)
		var text strings.Builder
		for _, form := range encodings(secret) {
			text.WriteString("line " + form + " glagent-" + strings.Repeat("x", 50) + "\n")
		}
		want := r.Redact(text.String())
		for size := 1; size < 70; size++ {
			var got strings.Builder
			w := r.Writer(&got)
			for rest := []byte(text.String()); len(rest) > 0; {
				n := min(size, len(rest))
				written, err := w.Write(rest[:n])
				require.NoError(t, err)
				require.Equal(t, n, written)
				rest = rest[n:]
			}
			require.Equal(t, want, got.String(), "in pieces of %d; a line end lets nothing be held back", size)
		}
	}
}

func TestWriterHoldsBack(t *testing.T) {
	t.Parallel()
	r := redact.New()
	r.Learn(plain)
	for _, tt := range []struct{ text, shown string }{
		{"an ordinary line\n", "an ordinary line\n"},
		{"50%\r", "50%\r"},
		{"this & that\n", "this & that\n"},
		{"C:\\\n", "C:\\\n"},
		{"Token: ", "Token: "},
		{"x " + plain[:5], "x "},
		{"x " + plain, "x [redacted]"},
		{"x %6", "x "},
		{"x %63a", "x "},
		{"glpat-", ""},
		{"glpat-0123456789abcdefghij", ""}, // there may be more of it
		{"glpat-0123456789abcdefghij ", "[redacted] "},
	} {
		var got strings.Builder
		w := r.Writer(&got)
		io.WriteString(w, tt.text)
		assert.Equal(t, tt.shown, got.String(), tt.text)
		require.NoError(t, w.Flush())
		assert.Equal(t, r.Redact(tt.text), got.String(), tt.text)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWriterPassesErrorsOn(t *testing.T) {
	t.Parallel()
	w := redact.New().Writer(brokenWriter{})
	n, err := io.WriteString(w, "text\n")
	assert.Zero(t, n)
	assert.EqualError(t, err, "broken pipe")
	assert.EqualError(t, w.Flush(), "broken pipe")
}

func TestRedactorIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	r := redact.New()
	var out strings.Builder
	w := r.Writer(&out)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 100 {
				secret := fmt.Sprintf("secret-%d-%d.", i, j)
				r.Learn(secret)
				assert.Equal(t, "a [redacted] b", r.Redact("a "+secret+" b"))
				fmt.Fprintf(w, "a %s b\n", secret)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, strings.Repeat("a [redacted] b\n", 400), out.String())
}

// FuzzRedactor tries arbitrary secrets and texts: the secret never remains, and it makes no difference in
// which pieces a text comes.
func FuzzRedactor(f *testing.F) {
	f.Add(plain, "before ", " after", uint8(3))
	f.Add(spiced, `\u00`, "%", uint8(1))
	f.Add("aaaaaaaa", "aaaa", "aaaaaaaa", uint8(2))
	f.Add("%25%25%25%25", "%25", "%", uint8(2))
	f.Add(`\\\\\\\\\\`, `\\`, `\`, uint8(5))
	f.Fuzz(func(t *testing.T, secret, before, after string, size uint8) {
		if len(secret)+len(before)+len(after) > 4000 {
			return
		}
		r := redact.New()
		r.Learn(secret)
		secret = strings.TrimSpace(secret)
		text := before + secret + after + before + percent(secret, func(i int) bool { return i%3 == 0 }) + after
		got := r.Redact(text)
		if len(secret) >= redact.MinSecret && !strings.Contains(redact.Redacted, strings.ToLower(secret)) {
			for shown := range strings.SplitSeq(got, redact.Redacted) {
				if strings.Contains(shown, secret) {
					t.Fatalf("%q remains in %q", secret, got)
				}
			}
		}
		var pieces strings.Builder
		w := r.Writer(&pieces)
		for rest := []byte(text); len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			w.Write(rest[:n])
			rest = rest[n:]
		}
		w.Flush()
		if pieces.String() != got {
			t.Fatalf("%q in pieces gives %q, at once %q", text, pieces.String(), got)
		}
	})
}

func randomSecret(r *rand.Rand) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, 50)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// BenchmarkRedact searches an ordinary response body for none and for many learned secrets.
func BenchmarkRedact(b *testing.B) {
	agent := `{"id":1002,"name":"alpha","config_project":{"id":1,"description":"first project","name":"Alpha"},"created_at":"2026-11-22T11:55:10.067Z"},`
	text := []byte(strings.Repeat(agent, 200))
	for _, n := range []int{0, 1, 100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 2))
			r := redact.New()
			for range n {
				r.Learn(randomSecret(random))
			}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				r.RedactBytes(text)
			}
		})
	}
}

// BenchmarkLearn learns one more secret when there are ten thousand.
func BenchmarkLearn(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	r := redact.New()
	for range 10_000 {
		r.Learn(randomSecret(random))
	}
	secrets := make([]string, 0, 1<<20)
	for range cap(secrets) {
		secrets = append(secrets, randomSecret(random))
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		r.Learn(secrets[i%len(secrets)])
		i++
	}
}

// TestTheWordThatOthersRedactWithIsNoSecret: recordings of others have it where a secret stood, and it stands in names of files.
func TestTheWordThatOthersRedactWithIsNoSecret(t *testing.T) {
	t.Parallel()
	r := redact.New()
	for _, word := range []string{"redacted", "REDACTED", "[Redacted]"} {
		r.Learn(word)
	}
	assert.Equal(t, "REDACTED.har, redacted", r.Redact("REDACTED.har, redacted"))
}
