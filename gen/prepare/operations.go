package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// checkOperations refuses operations that the templates of clusteragents cannot make a method of.
func checkOperations(overlaid *yaml.Node) error {
	content, err := yaml.Marshal(overlaid)
	if err != nil {
		return err
	}
	parsed, err := openapi3.NewLoader().LoadFromData(content)
	if err != nil {
		return fmt.Errorf("%s with gen/%s: %w", documentName, facade, err)
	}
	for _, path := range slices.Sorted(maps.Keys(parsed.Paths.Map())) {
		item := parsed.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			operation := item.GetOperation(method)
			for _, check := range []func(openapi3.Parameters, *openapi3.Operation) error{checkParameters, checkBody, checkList} {
				if err := check(item.Parameters, operation); err != nil {
					return fmt.Errorf("%s: %s %s (%s): %w", documentName, method, path, operation.OperationID, err)
				}
			}
		}
	}
	return nil
}

// checkParameters refuses parameters that a method could not pass on.
func checkParameters(shared openapi3.Parameters, operation *openapi3.Operation) error {
	for _, reference := range append(shared[:len(shared):len(shared)], operation.Parameters...) {
		p := reference.Value
		option := p.Schema != nil && p.Schema.Value.Extensions["x-facade-option"] == true
		switch _, decided := p.Schema.Value.Extensions["x-facade-option"].(bool); {
		case p.In == "path":
		case p.Required:
			return fmt.Errorf("the %s parameter %q is required, and the client only passes optional ones, as options: make it optional, or teach gen/templates/operations.tmpl to make an argument of it", p.In, p.Name)
		case !decided:
			return fmt.Errorf("say whether the %s parameter %q is an option of the client: set x-facade-option of its schema to true or false in gen/%s", p.In, p.Name, facade)
		case option && p.In != "query" && p.In != "header":
			return fmt.Errorf("the parameter %q is in the %s, and the client has options for the query and for headers only: set its x-facade-option to false in gen/%s", p.Name, p.In, facade)
		case option && p.Schema.Value.Description == "":
			return fmt.Errorf("an option's type has a comment: give the schema of the parameter %q a description in gen/%s, such as \"is an option of lists, …\"", p.Name, facade)
		case option && reference.Ref == "":
			return fmt.Errorf("an option has a type of its own: move the parameter %q to components/parameters", p.Name)
		case option && !p.Schema.Value.Type.Is("integer") && !p.Schema.Value.Type.Is("string") && !p.Schema.Value.Type.Is("boolean"):
			return fmt.Errorf("the parameter %q is no integer, string or boolean: set its x-facade-option to false in gen/%s, or teach gen/templates/operations.tmpl to write it", p.Name, facade)
		}
	}
	return nil
}

// checkBody refuses a body that a method could not send.
func checkBody(_ openapi3.Parameters, operation *openapi3.Operation) error {
	if operation.RequestBody != nil && operation.RequestBody.Value.Content["application/json"] == nil {
		return fmt.Errorf("the client sends JSON only: give the request body the content application/json")
	}
	return nil
}

// checkList refuses a list that no iterator could be made for. The iterator of listAgents is Agents.
func checkList(_ openapi3.Parameters, operation *openapi3.Operation) error {
	success := operation.Responses.Value("200")
	if success == nil || success.Value.Headers["X-Next-Page"] == nil {
		return nil
	}
	if !regexp.MustCompile(`^list[A-Z]`).MatchString(operation.OperationID) {
		return fmt.Errorf("it has pages, and its iterator gets the name of the operation without \"list\": let the operationId begin with list, as in listAgents")
	}
	for _, name := range []string{"page", "per_page"} {
		if operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("it has pages, and its iterator asks for them by number: give it the query parameter %s", name)
		}
	}
	return nil
}
