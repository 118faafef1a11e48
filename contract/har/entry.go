package har

import "github.com/go-json-experiment/json/jsontext"

// entry is an entry as it stands in the file. Numbers are float64, because some tools write 12.0 where 12 is meant.
type entry struct {
	Started  string         `json:"startedDateTime"`
	Time     float64        `json:"time"` // in milliseconds; negative if unknown
	Request  request        `json:"request"`
	Response response       `json:"response"`
	Cache    struct{}       `json:"cache"`
	Timings  jsontext.Value `json:"timings"`

	cached
}

// cached is where browsers say that an answer came from a cache of theirs. Chromium writes it into the entry, WebKit into
// the response.
type cached struct {
	FromCache         loose `json:"_fromCache,omitempty"` // "disk" or "memory"
	FromDiskCache     loose `json:"_fromDiskCache,omitempty"`
	FromMemoryCache   loose `json:"_fromMemoryCache,omitempty"`
	FromServiceWorker loose `json:"_fromServiceWorker,omitempty"`
	FromPrefetchCache loose `json:"_fromPrefetchCache,omitempty"`
	FetchType         loose `json:"_fetchType,omitempty"` // WebKit: "Network Load", "Disk Cache", "Memory Cache", "Service Worker"
}

type request struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []pair    `json:"cookies"`
	Headers     pairs     `json:"headers"`
	Query       []pair    `json:"queryString"`
	PostData    *postData `json:"postData,omitempty"`
	HeadersSize float64   `json:"headersSize"`
	BodySize    float64   `json:"bodySize"` // negative if unknown
}

type postData struct {
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
	Encoding string `json:"encoding,omitempty"` // "base64"; not in HAR 1.2, but the only way to keep all bytes
	Params   pairs  `json:"params"`
	File     string `json:"_file,omitempty"` // Playwright's: the body stands in a file beside this one

	Truncated bool `json:"_truncated,omitempty"` // ours: Text is not the whole body
}

type response struct {
	Status      float64 `json:"status"` // 0 if no answer came
	StatusText  string  `json:"statusText"`
	HTTPVersion string  `json:"httpVersion"`
	Cookies     []pair  `json:"cookies"`
	Headers     pairs   `json:"headers"`
	Content     content `json:"content"`
	RedirectURL string  `json:"redirectURL"`
	HeadersSize float64 `json:"headersSize"`
	BodySize    float64 `json:"bodySize"`         // negative if unknown
	Error       string  `json:"_error,omitempty"` // why no answer came, or only a part; Chromium's extension

	cached
}

type content struct {
	Size      float64 `json:"size"` // of the body, its content coding removed; negative if unknown
	MimeType  string  `json:"mimeType"`
	Text      *string `json:"text,omitempty"`
	Encoding  string  `json:"encoding,omitempty"`   // "base64"
	File      string  `json:"_file,omitempty"`      // Playwright's: the body stands in a file beside this one
	Truncated bool    `json:"_truncated,omitempty"` // ours: Text is not the whole body
}

// pair is a header, a query parameter, a cookie or a form field.
type pair struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	FileName string `json:"fileName,omitempty"` // of a form field that is a file
}

type pairs []pair

// loose is a flag that some write as true and others as a text.
type loose string
