package har

// entry is an entry as it stands in the file. Numbers are float64, because some tools write 12.0 where 12 is meant.
type entry struct {
	Started  string   `json:"startedDateTime"`
	Time     float64  `json:"time"` // in milliseconds; negative if unknown
	Request  request  `json:"request"`
	Response response `json:"response"`
	Cache    struct{} `json:"cache"`
	Timings  timings  `json:"timings"`

	FromCache string `json:"_fromCache,omitempty"` // "disk" or "memory"; Chromium's extension
}

type request struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []pair    `json:"cookies"`
	Headers     []pair    `json:"headers"`
	Query       []pair    `json:"queryString"`
	PostData    *postData `json:"postData,omitempty"`
	HeadersSize float64   `json:"headersSize"`
	BodySize    float64   `json:"bodySize"`
}

type postData struct {
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
	Encoding string `json:"encoding,omitempty"` // "base64"; not in HAR 1.2, but the only way to keep all bytes
	Params   []pair `json:"params"`

	Truncated bool `json:"_truncated,omitempty"` // ours: Text is not the whole body
}

type response struct {
	Status      float64 `json:"status"` // 0 if no answer came
	StatusText  string  `json:"statusText"`
	HTTPVersion string  `json:"httpVersion"`
	Cookies     []pair  `json:"cookies"`
	Headers     []pair  `json:"headers"`
	Content     content `json:"content"`
	RedirectURL string  `json:"redirectURL"`
	HeadersSize float64 `json:"headersSize"`
	BodySize    float64 `json:"bodySize"`
	Error       string  `json:"_error,omitempty"` // why no answer came, or only a part; Chromium's extension
}

type content struct {
	Size      float64 `json:"size"` // of the body, its content coding removed
	MimeType  string  `json:"mimeType"`
	Text      *string `json:"text,omitempty"`
	Encoding  string  `json:"encoding,omitempty"`   // "base64"
	Truncated bool    `json:"_truncated,omitempty"` // ours: Text is not the whole body
}

type timings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// pair is a header, a query parameter, a cookie or a form field.
type pair struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	FileName string `json:"fileName,omitempty"` // of a form field that is a file
}
