package main

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// checkOrder refuses an overlay that gives the properties of a schema another order than the document does. Without an
// order the generator sorts fields by name.
func checkOrder(content []byte, overlaid *yaml.Node) error {
	plain := new(yaml.Node)
	if err := yaml.Unmarshal(content, plain); err != nil {
		return err
	}
	for schema, value := range pairs(child(plain, "components", "schemas")) {
		var names []string
		for name := range pairs(child(value, "properties")) {
			names = append(names, name)
		}
		if len(names) < 2 {
			continue
		}
		for i, name := range names {
			order := child(overlaid, "components", "schemas", schema, "properties", name, "x-order")
			if order == nil || order.Value != strconv.Itoa(i+1) {
				return fmt.Errorf("gen/%s: the fields of %s need the order of the document, and %q is not at place %d. Let this file say:\n%s",
					facade, schema, name, i+1, orderOf(schema, names))
			}
		}
	}
	return nil
}

// orderOf is the action of an overlay that gives the properties of a schema their order.
func orderOf(schema string, names []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - target: $.components.schemas.%s.properties\n    update:", schema)
	for i, name := range names {
		fmt.Fprintf(&b, "\n      %s: {x-order: %d}", name, i+1)
	}
	return b.String()
}
