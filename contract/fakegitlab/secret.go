package fakegitlab

import (
	"encoding/base64"
	"hash/crc32"
	"strconv"
	"strings"
)

// secretPrefix is the beginning of agent tokens' secrets.
const secretPrefix = "glagent-"

// newSecret makes the secret of a new token in the project, in the form of the release.
func (s *Server) newSecret(p *project) string {
	switch s.features.Secret {
	case RoutableSecret:
		return s.routableSecret(p)
	case PrefixedSecret:
		return secretPrefix + s.friendlyToken()
	}
	return s.friendlyToken()
}

// friendlyToken is Devise.friendly_token(50): URL-safe base64 with look-alike letters replaced.
func (s *Server) friendlyToken() string {
	var b [37]byte
	s.random.read(b[:])
	return friendly.Replace(base64.RawURLEncoding.EncodeToString(b[:]))
}

var friendly = strings.NewReplacer("l", "s", "I", "x", "O", "y", "0", "z")

// routableSecret makes a token that contains where it belongs. Its payload is 16 random bytes, the routing data and its
// length in one byte. After it come the version 01, the payload's length in two base-36 digits, and the CRC 32 of
// everything before in seven.
func (s *Server) routableSecret(p *project) string {
	payload := make([]byte, 16, 48)
	s.random.read(payload)
	routing := "o:1\np:" + strconv.FormatInt(p.id, 36)
	payload = append(append(payload, routing...), byte(len(routing)))
	encoded := base64.RawURLEncoding.EncodeToString(payload)
	secret := secretPrefix + encoded + ".01." + base36(uint64(len(encoded)), 2)
	return secret + base36(uint64(crc32.ChecksumIEEE([]byte(secret))), 7)
}

// base36 writes a number with at least the given number of digits.
func base36(n uint64, digits int) string {
	text := strconv.FormatUint(n, 36)
	return strings.Repeat("0", max(digits-len(text), 0)) + text
}

// correlationID makes a ULID, which is the form of GitLab's X-Request-Id: the time in milliseconds and 80 random bits.
func (s *Server) correlationID() string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var b [16]byte
	ms := uint64(s.clock().UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	s.random.read(b[6:])
	var id [26]byte
	// 26 digits of 5 bits are 130 bits; the first two of them are 0.
	for i := range id {
		bit := 5*i - 2
		var digit byte
		for j := bit; j < bit+5; j++ {
			digit <<= 1
			if j >= 0 {
				digit |= b[j/8] >> (7 - j%8) & 1
			}
		}
		id[i] = alphabet[digit]
	}
	return string(id[:])
}
