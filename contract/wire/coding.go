package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// RemoveCoding returns a body without the content codings (RFC 9110, 8.4) that the header names: gzip, deflate, br and
// zstd. Of
// the result at most limit bytes are returned, and more is an error, so that a small body can't become a large one.
// With an error comes what could be decoded.
func RemoveCoding(header http.Header, body []byte, limit int) ([]byte, error) {
	var codings []string
	for _, value := range header.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "" && coding != "identity" {
				codings = append(codings, coding)
			}
		}
	}
	for _, coding := range slices.Backward(codings) { // the last was applied last
		var err error
		if body, err = decode(coding, body, limit); err != nil {
			return body, fmt.Errorf("%s: %w", named(coding), err)
		}
	}
	return body, nil
}

// named is a content coding as it can be shown: by name only if it has one, for a header may hold anything.
func named(coding string) string {
	// https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding
	switch coding {
	case "gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress", "aes128gcm", "dcb", "dcz", "exi", "pack200-gzip":
		return fmt.Sprintf("content coding %q", coding)
	}
	return "an unknown content coding"
}

// maxWindow is how much memory a body in zstd may ask for (RFC 9659: 8 MB).
const maxWindow = 8 << 20

func decode(coding string, body []byte, limit int) ([]byte, error) {
	var r io.Reader
	var err error
	switch coding {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		// The coding is zlib's format; some servers leave out its header.
		if r, err = zlib.NewReader(bytes.NewReader(body)); errors.Is(err, zlib.ErrHeader) {
			r, err = flate.NewReader(bytes.NewReader(body)), nil
		}
	case "br":
		r = brotli.NewReader(bytes.NewReader(body))
	case "zstd":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow)); err == nil {
			defer z.Close()
			r = z
		}
	default:
		return nil, errors.New("not supported")
	}
	if err != nil {
		return nil, err
	}
	decoded, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(decoded) > limit {
		return decoded[:limit], fmt.Errorf("more than %d bytes", limit)
	}
	return decoded, err
}

// removeCoding removes the coding of a recorded body. A transport that asked for gzip by itself has done so already.
func removeCoding(x *Exchange, limit int) {
	if len(x.Response.Body) == 0 {
		return
	}
	body, err := RemoveCoding(x.Response.Header, x.Response.Body, limit)
	x.Response.Body = body
	if err != nil {
		x.Response.Truncated = true
		if x.Err == nil {
			x.Err = err
		}
	}
}
