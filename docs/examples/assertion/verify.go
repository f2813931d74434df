// Verifies X-Portcullis-Assertion. Needs Go 1.19 or later and its standard library; copy this file into your service,
// rename the package and leave main out.
//
//	verifier := NewVerifier("https://gateway.internal", "https://api.example.com", "orders")
//	http.ListenAndServe(":9001", verifier.Require(yourHandler)) // CallerOf(r) tells who asks
//
// Run by itself, it is a small service that lets nobody in without an assertion:
//
//	GATEWAY=http://127.0.0.1:8080 ISSUER=http://127.0.0.1:8080 AUDIENCE=orders PORT=9001 go run verify.go
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	assertionType   = "portcullis-assertion+jwt"
	assertionHeader = "X-Portcullis-Assertion"

	// Clocks may differ by so much.
	leeway = 5 * time.Second

	// An unknown key is looked for so often at most, and an unreachable gateway asked.
	pause   = 5 * time.Second
	timeout = 2 * time.Second

	// While the gateway cannot be reached, keys are good for so long.
	stale = time.Hour
)

// Caller is who asks, as the gateway says it.
type Caller struct {
	Subject  string         `json:"sub"`
	Username string         `json:"username"`
	Roles    []string       `json:"roles"`
	Scope    string         `json:"scope"`
	Claims   map[string]any `json:"claims"`
}

type claims struct {
	Caller
	Issuer    string   `json:"iss"`
	Audience  string   `json:"aud"`
	Expires   *float64 `json:"exp"`
	NotBefore *float64 `json:"nbf"`
	Method    string   `json:"htm"`
	Path      string   `json:"path"`
	QueryHash string   `json:"query_hash"`
	RequestID string   `json:"request_id"`
}

// Verifier verifies the assertions of one gateway for one upstream.
type Verifier struct {
	issuer, audience string
	keys             keySet
}

// NewVerifier takes where the gateway can be reached, its tokens.issuer, and what its settings call this upstream.
func NewVerifier(gateway, issuer, audience string) *Verifier {
	url := strings.TrimRight(gateway, "/") + "/.well-known/jwks.json"
	return &Verifier{issuer: issuer, audience: audience, keys: keySet{url: url}}
}

// Verify tells who asks, or why the request has no valid assertion.
func (v *Verifier) Verify(r *http.Request) (*Caller, error) {
	fields := r.Header.Values(assertionHeader)
	if len(fields) != 1 {
		return nil, errors.New("there is none, or more than one")
	}
	parts := strings.Split(fields[0], ".")
	if len(parts) != 3 {
		return nil, errors.New("it is no JWS")
	}
	var header struct {
		Type      string          `json:"typ"`
		Algorithm string          `json:"alg"`
		KeyID     string          `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	if err := readPart(parts[0], &header); err != nil {
		return nil, err
	}
	if header.Type != assertionType || header.Algorithm != "ES256" || header.Critical != nil {
		return nil, errors.New("it is of another kind")
	}
	key := v.keys.find(header.KeyID)
	if key == nil {
		return nil, errors.New("its key is not known")
	}
	// RFC 7518, section 3.4: two numbers of 32 octets.
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return nil, errors.New("its signature is none")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	one, two := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], one, two) {
		return nil, errors.New("its signature is wrong")
	}
	var said claims
	if err := readPart(parts[1], &said); err != nil {
		return nil, err
	}
	if err := v.hold(&said, r); err != nil {
		return nil, err
	}
	return &said.Caller, nil
}

// hold tells whether the claims hold now, here, and for this request.
func (v *Verifier) hold(said *claims, r *http.Request) error {
	now := float64(time.Now().UnixMilli()) / 1000
	path, query, _ := strings.Cut(r.RequestURI, "?")
	digest := sha256.Sum256([]byte(query))
	switch {
	case said.Issuer != v.issuer:
		return errors.New("it is of another issuer")
	case said.Audience != v.audience:
		return errors.New("it is for another upstream")
	case said.Subject == "":
		return errors.New("it names nobody")
	case said.Expires == nil || *said.Expires+leeway.Seconds() <= now:
		return errors.New("it has expired")
	case said.NotBefore == nil || *said.NotBefore-leeway.Seconds() > now:
		return errors.New("it is not good yet")
	case said.Method != r.Method:
		return errors.New("it is for another method")
	case said.Path != path:
		return errors.New("it is for another path")
	case said.QueryHash != base64.RawURLEncoding.EncodeToString(digest[:]):
		return errors.New("it is for another query")
	case said.RequestID == "" || said.RequestID != r.Header.Get("X-Request-Id"):
		return errors.New("it is for another request")
	}
	return nil
}

func readPart(part string, into any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// heldKeys are the gateway's keys by their id.
type heldKeys struct {
	byID                  map[string]*ecdsa.PublicKey
	goodUntil, staleUntil time.Time
}

// keySet holds the keys for as long as the gateway's answer says.
type keySet struct {
	url     string
	held    atomic.Pointer[heldKeys]
	asking  sync.Mutex
	askedAt time.Time
}

func (s *keySet) find(kid string) *ecdsa.PublicKey {
	held := s.held.Load()
	if held == nil || time.Now().After(held.goodUntil) || held.byID[kid] == nil {
		held = s.renew()
	}
	if held == nil || time.Now().After(held.staleUntil) {
		return nil
	}
	return held.byID[kid]
}

// renew asks for the keys, unless that was done just now. A failure leaves them as they were.
func (s *keySet) renew() *heldKeys {
	s.asking.Lock()
	defer s.asking.Unlock()
	if now := time.Now(); now.Sub(s.askedAt) >= pause {
		s.askedAt = now
		if found, err := ask(s.url, now); err != nil {
			log.Printf("keys of the gateway: %v", err)
		} else {
			s.held.Store(found)
		}
	}
	return s.held.Load()
}

var maxAge = regexp.MustCompile(`max-age=(\d{1,9})`)

func ask(url string, now time.Time) (*heldKeys, error) {
	client := http.Client{Timeout: timeout}
	answer, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %d", url, answer.StatusCode)
	}
	var set struct {
		Keys []struct{ Kty, Crv, Alg, Kid, X, Y string }
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&set); err != nil {
		return nil, err
	}
	found := map[string]*ecdsa.PublicKey{}
	for _, jwk := range set.Keys {
		if jwk.Kty != "EC" || jwk.Crv != "P-256" || jwk.Alg != "ES256" {
			continue
		}
		x, errX := base64.RawURLEncoding.DecodeString(jwk.X)
		y, errY := base64.RawURLEncoding.DecodeString(jwk.Y)
		if errX != nil || errY != nil {
			continue
		}
		found[jwk.Kid] = &ecdsa.PublicKey{
			Curve: elliptic.P256(),
			X:     new(big.Int).SetBytes(x),
			Y:     new(big.Int).SetBytes(y),
		}
	}
	seconds := 300
	if told := maxAge.FindStringSubmatch(answer.Header.Get("Cache-Control")); told != nil {
		seconds, _ = strconv.Atoi(told[1])
	}
	goodUntil := now.Add(time.Duration(seconds) * time.Second)
	return &heldKeys{byID: found, goodUntil: goodUntil, staleUntil: now.Add(stale)}, nil
}

type callerKey struct{}

// CallerOf tells who asks, behind Require.
func CallerOf(r *http.Request) *Caller {
	caller, _ := r.Context().Value(callerKey{}).(*Caller)
	return caller
}

// Require answers 401 to whatever has no valid assertion. Put it in front of routers and whatever else changes requests.
func (v *Verifier) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := v.Verify(r)
		if err != nil {
			log.Printf("refused %s %q: %v", r.Method, r.RequestURI, err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller)))
	})
}

func main() {
	verifier := NewVerifier(os.Getenv("GATEWAY"), os.Getenv("ISSUER"), os.Getenv("AUDIENCE"))
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(CallerOf(r))
	})
	address := "127.0.0.1:" + os.Getenv("PORT")
	log.Printf("listening on %s", address)
	log.Fatal(http.ListenAndServe(address, verifier.Require(hello)))
}
