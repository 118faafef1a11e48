package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/packages"
)

// The environment variables that a mutated package reads: the number of the mutant that is switched on, and a file to
// which it appends the numbers of those that are run through.
const (
	variable        = "MUTANT"
	variableReached = "MUTANT_REACHED"
)

// mutant is one break of the code.
type mutant struct {
	number int
	place  string // file:line:column
	what   string // what it does
}

func (m mutant) String() string { return fmt.Sprintf("%s: %s", m.place, m.what) }

// mutated is a package with all its mutants in it.
type mutated struct {
	files   map[string][]byte // by the paths of the files that they replace
	mutants []mutant
}

// mutate puts every mutant of a package into its code.
func mutate(dir, pkg string) (*mutated, error) {
	loaded, err := packages.Load(&packages.Config{
		Dir:  dir,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
		// Comments are left out, as they have no place in code that is put together anew.
		ParseFile: func(set *token.FileSet, name string, text []byte) (*ast.File, error) {
			return parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		},
	}, pkg)
	if err != nil {
		return nil, err
	}
	if len(loaded) != 1 {
		return nil, fmt.Errorf("%s is not one package", pkg)
	}
	p := loaded[0]
	if len(p.Errors) > 0 {
		return nil, fmt.Errorf("%s: %w", pkg, errors.Join(asErrors(p.Errors)...))
	}
	m := &mutator{set: p.Fset, info: p.TypesInfo}
	code := &mutated{files: make(map[string][]byte)}
	for _, file := range p.Syntax {
		path := p.Fset.Position(file.Package).Filename
		m.file = filepath.Base(path)
		if m.mutate(file); m.here == 0 {
			continue
		}
		var text bytes.Buffer
		if err := format.Node(&text, token.NewFileSet(), file); err != nil {
			return nil, fmt.Errorf("%s cannot be written: %w", path, err)
		}
		code.files[path] = text.Bytes()
		m.here = 0
	}
	code.mutants = m.mutants
	code.files[filepath.Join(p.Dir, "mutant_on.go")] = []byte("package " + p.Name + "\n" + switches)
	return code, nil
}

func asErrors(list []packages.Error) (errs []error) {
	for _, e := range list {
		errs = append(errs, e)
	}
	return errs
}

// switches is added to a mutated package.
const switches = `
import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

var (
	mutantNumber, _ = strconv.Atoi(os.Getenv("` + variable + `"))
	mutantReached   = os.Getenv("` + variableReached + `")
	mutantSeen      sync.Map
)

func mutantOn(n int) bool {
	if mutantReached != "" {
		if _, again := mutantSeen.LoadOrStore(n, true); !again {
			f, err := os.OpenFile(mutantReached, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err == nil {
				fmt.Fprintln(f, n)
				f.Close()
			}
		}
	}
	return n == mutantNumber
}

func mutantPick[T any](n int, is, other T) T {
	if mutantOn(n) {
		return other
	}
	return is
}
`

// mutator puts mutants into files.
type mutator struct {
	set     *token.FileSet
	info    *types.Info
	file    string
	here    int // mutants in this file
	mutants []mutant

	looks    map[ast.Node]look       // what code looked like before, and where it stood
	origins  map[ast.Expr]ast.Expr   // what was replaced, by what stands in its place
	operands map[ast.Expr]bool       // of && and ||
	tagless  map[*ast.BlockStmt]bool // bodies of switches without a tag
}

type look struct {
	text string
	at   token.Pos
}

// add notes a mutant and returns the call that says whether it is switched on.
func (m *mutator) add(at token.Pos, what string, args ...any) *ast.CallExpr {
	m.here++
	number := len(m.mutants) + 1
	position := m.set.Position(at)
	m.mutants = append(m.mutants, mutant{
		number: number, place: fmt.Sprintf("%s:%d:%d", m.file, position.Line, position.Column), what: fmt.Sprintf(what, args...),
	})
	return &ast.CallExpr{Fun: ast.NewIdent("mutantOn"), Args: []ast.Expr{literal(number)}}
}

func literal(n int) ast.Expr { return &ast.BasicLit{Kind: token.INT, Value: fmt.Sprint(n)} }

// mutate works from the leaves up, so that what stands in a replaced expression has its mutants already.
func (m *mutator) mutate(file *ast.File) {
	m.looks, m.origins = make(map[ast.Node]look), make(map[ast.Expr]ast.Expr)
	m.operands, m.tagless = make(map[ast.Expr]bool), make(map[*ast.BlockStmt]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				m.operands[n.X], m.operands[n.Y] = true, true
			}
		case *ast.SwitchStmt:
			m.tagless[n.Body] = n.Tag == nil
		}
		switch n.(type) {
		case ast.Expr, ast.Stmt:
			m.looks[n] = look{m.text(n), n.Pos()}
		}
		return true
	})
	astutil.Apply(file, func(c *astutil.Cursor) bool {
		d, ok := c.Node().(*ast.GenDecl)
		return !ok || d.Tok != token.CONST
	}, func(c *astutil.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.BinaryExpr:
			if m.info.Types[n].Value == nil {
				e := m.binary(n)
				if e != ast.Expr(n) {
					m.origins[e] = n
				}
				c.Replace(e)
			}
		case *ast.IfStmt:
			n.Cond = m.condition(n.Cond)
		case *ast.CaseClause:
			if body, ok := c.Parent().(*ast.BlockStmt); ok && m.tagless[body] {
				for i := range n.List {
					n.List[i] = m.condition(n.List[i])
				}
			}
		case *ast.ExprStmt, *ast.AssignStmt, *ast.IncDecStmt:
			if c.Index() >= 0 && canGo(n.(ast.Stmt)) {
				on := m.add(m.looks[n].at, "without `%s`", m.looks[n].text)
				c.Replace(&ast.IfStmt{Cond: not(on), Body: &ast.BlockStmt{List: []ast.Stmt{n.(ast.Stmt)}}})
			}
		}
		return true
	})
}

// was is what stood in the place of an expression.
func (m *mutator) was(e ast.Expr) ast.Expr {
	if origin, replaced := m.origins[e]; replaced {
		return origin
	}
	return e
}

// canGo says whether a statement can be left out of a program that compiles, and that does not stand still without it.
func canGo(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE && !isBlank(s.Lhs)
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			return f.Name != "panic"
		case *ast.SelectorExpr: // locks are the race detector's business
			return !strings.HasSuffix(f.Sel.Name, "Lock") && !strings.HasSuffix(f.Sel.Name, "Unlock")
		}
	}
	return true
}

func isBlank(left []ast.Expr) bool {
	for _, e := range left {
		if name, ok := e.(*ast.Ident); !ok || name.Name != "_" {
			return false
		}
	}
	return true
}

// condition turns a condition round, unless it is a comparison, which is turned round itself, or made of others.
func (m *mutator) condition(e ast.Expr) ast.Expr {
	if _, replaced := m.origins[e]; replaced || m.info.Types[e].Value != nil {
		return e
	}
	return &ast.BinaryExpr{X: &ast.ParenExpr{X: e}, Op: token.NEQ, Y: m.add(m.looks[e].at, "not `%s`", m.looks[e].text)}
}

var boundaries = map[token.Token]bool{token.LSS: true, token.LEQ: true, token.GTR: true, token.GEQ: true}

// binary puts the mutants of an operation around it.
func (m *mutator) binary(n *ast.BinaryExpr) ast.Expr {
	pair := func(x ast.Expr, op token.Token, y ast.Expr) ast.Expr {
		return &ast.ParenExpr{X: &ast.BinaryExpr{X: x, Op: op, Y: y}}
	}
	without := func(operand ast.Expr) ast.Expr {
		was := m.looks[m.was(operand)]
		return m.add(was.at, "`%s` without `%s`", m.looks[n].text, was.text)
	}
	switch n.Op {
	case token.LAND:
		return pair(pair(n.X, token.LOR, without(n.X)), token.LAND, pair(n.Y, token.LOR, without(n.Y)))
	case token.LOR:
		return pair(pair(n.X, token.LAND, not(without(n.X))), token.LOR, pair(n.Y, token.LAND, not(without(n.Y))))
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		var e ast.Expr = n
		if boundaries[n.Op] && isPure(n) {
			on := pair(m.add(n.OpPos, "`%s` with the bound on the other side", m.looks[n].text), token.LAND, pair(n.X, token.EQL, n.Y))
			if n.Op == token.LSS || n.Op == token.GTR {
				e = pair(n, token.LOR, on)
			} else {
				e = pair(n, token.LAND, not(on))
			}
		}
		if !m.operands[n] { // one that is left out is harder to notice than one that is turned round
			e = pair(&ast.ParenExpr{X: e}, token.NEQ, m.add(n.OpPos, "not `%s`", m.looks[n].text))
		}
		return e
	case token.ADD, token.SUB:
		basic, ok := m.info.Types[n].Type.Underlying().(*types.Basic)
		if !ok || basic.Info()&types.IsNumeric == 0 || !isPure(n) {
			return n
		}
		other := token.ADD + token.SUB - n.Op
		m.add(n.OpPos, "`%s` with %s", m.looks[n].text, other)
		return &ast.CallExpr{Fun: ast.NewIdent("mutantPick"), Args: []ast.Expr{literal(len(m.mutants)), n, &ast.BinaryExpr{X: n.X, Op: other, Y: n.Y}}}
	}
	return n
}

// isPure says whether an expression can be evaluated twice: it calls nothing but len, min and max, and mutants.
func isPure(e ast.Expr) (pure bool) {
	pure = true
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name, ok := n.Fun.(*ast.Ident)
			pure = pure && ok && (slices.Contains([]string{"len", "min", "max", "int", "int64", "uint64", "float64"}, name.Name) || strings.HasPrefix(name.Name, "mutant"))
		case *ast.UnaryExpr:
			pure = pure && n.Op != token.ARROW
		}
		return pure
	})
	return pure
}

func not(e ast.Expr) ast.Expr { return &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: e}} }

// text is a short form of code on one line.
func (m *mutator) text(n ast.Node) string {
	var b bytes.Buffer
	if format.Node(&b, m.set, n) != nil {
		return "?"
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	const most = 90
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
