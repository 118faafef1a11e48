package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/document"
)

// TestReadAgent reads agents whose properties may have wrong types. What can be used is used: a check has to remove what
// it made.
func TestReadAgent(t *testing.T) {
	t.Parallel()
	user, yes := int64(42), true
	for name, test := range map[string]struct {
		body string
		want Agent
	}{
		"an agent":                 {`{"id":5,"name":"a","created_at":"t","created_by_user_id":42,"is_receptive":true}`, Agent{ID: 5, Name: "a", CreatedAt: "t", CreatedByUserID: &user, IsReceptive: &yes}},
		"an id in quotes":          {`{"id":"5","name":"a"}`, Agent{ID: 5, Name: "a"}},
		"an id with a point":       {`{"id":5.0}`, Agent{ID: 5}},
		"an id with a fraction":    {`{"id":5.5}`, Agent{}},
		"an id that is too large":  {`{"id":1e30}`, Agent{}},
		"an id of 64 bits":         {`{"id":9223372036854775807}`, Agent{ID: 9223372036854775807}},
		"wrong types are left out": {`{"id":5,"name":7,"config_project":"x","created_by_user_id":"42","is_receptive":1}`, Agent{ID: 5}},
		"null is left out":         {`{"id":5,"name":null,"created_by_user_id":null}`, Agent{ID: 5}},
		"a name twice":             {`{"id":4,"id":5}`, Agent{ID: 5}},
		"a list":                   {`[{"id":5}]`, Agent{}},
		"a body that breaks off":   {`{"id":5`, Agent{}},
		"a body that is not JSON":  {`<html>`, Agent{}},
		"names in capital letters": {`{"ID":5,"Name":"a"}`, Agent{}},
	} {
		assert.Equal(t, test.want, ReadAgent([]byte(test.body)), name)
	}
}

func TestFailureOf(t *testing.T) {
	t.Parallel()
	said := "no"
	for name, test := range map[string]struct {
		body string
		want Failure
		ok   bool
	}{
		"a message":                 {`{"message":"no"}`, Failure{Message: &said}, true},
		"an error and what it says": {`{"error":"no","error_description":"no"}`, Failure{Error: &said, Description: &said}, true},
		"neither":                   {`{"other":1}`, Failure{}, true},
		"a message that is null":    {`{"message":null}`, Failure{}, true},
		"a message of details":      {`{"message":{"name":["is bad"]},"error":"no"}`, Failure{Error: &said}, false},
		"null":                      {`null`, Failure{}, false},
		"a list":                    {`["no"]`, Failure{}, false},
		"not JSON":                  {`no`, Failure{}, false},
	} {
		failure, ok := failureOf(document.Value([]byte(test.body)))
		assert.Equal(t, test.want, failure, name)
		assert.Equal(t, test.ok, ok, name)
	}
}
