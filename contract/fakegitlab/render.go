package fakegitlab

import (
	"strconv"
)

// Records as JSON, with the keys in GitLab's order.

// renderIdentity renders config_project.
func renderIdentity(p *SeedProject) []byte {
	name, nameWithNamespace, path := p.names()
	b := appendID([]byte(`{"id":`), p.ID)
	b = appendOptional(append(b, `,"description":`...), p.Description)
	b = appendText(append(b, `,"name":`...), name, true)
	b = appendText(append(b, `,"name_with_namespace":`...), nameWithNamespace, true)
	b = appendText(append(b, `,"path":`...), path, true)
	b = appendText(append(b, `,"path_with_namespace":`...), p.PathWithNamespace, true)
	b = appendTime(append(b, `,"created_at":`...), p.CreatedAt)
	return append(b, '}')
}

// appendAgent needs the lock.
func (s *Server) appendAgent(b []byte, a *agent) []byte {
	b = appendID(append(b, `{"id":`...), a.id)
	b = appendText(append(b, `,"name":`...), a.name, true)
	b = append(append(b, `,"config_project":`...), a.project.identity...)
	b = appendTime(append(b, `,"created_at":`...), a.createdAt)
	b = appendCreator(b, a.createdBy)
	if s.features.Receptive {
		b = append(b, `,"is_receptive":false`...)
	}
	return append(b, '}')
}

// appendTokenBasic appends a token as in the list. It needs the lock.
func appendTokenBasic(b []byte, t *agentToken) []byte {
	return append(appendTokenFields(b, t), '}')
}

// appendToken appends a token as in the response to a read of one token. It needs the lock.
func appendToken(b []byte, t *agentToken) []byte {
	b = appendTokenFields(b, t)
	b = appendTime(append(b, `,"last_used_at":`...), t.lastUsedAt)
	return append(b, '}')
}

// appendTokenWithSecret appends a token as in the response that creates it.
func appendTokenWithSecret(b []byte, t *agentToken, secret string) []byte {
	b = appendTokenFields(b, t)
	b = appendTime(append(b, `,"last_used_at":`...), t.lastUsedAt)
	b = appendText(append(b, `,"token":`...), secret, true)
	return append(b, '}')
}

func appendTokenFields(b []byte, t *agentToken) []byte {
	status := active
	if t.revoked {
		status = revoked
	}
	b = appendID(append(b, `{"id":`...), t.id)
	b = appendText(append(b, `,"name":`...), t.name, true)
	b = appendOptional(append(b, `,"description":`...), t.description)
	b = appendID(append(b, `,"agent_id":`...), t.agent.id)
	b = appendText(append(b, `,"status":`...), status, true)
	b = appendTime(append(b, `,"created_at":`...), t.createdAt)
	return appendCreator(b, t.createdBy)
}

func appendCreator(b []byte, id int64) []byte {
	b = append(b, `,"created_by_user_id":`...)
	if id == 0 {
		return append(b, "null"...)
	}
	return appendID(b, id)
}

func appendID(b []byte, id int64) []byte { return strconv.AppendInt(b, id, 10) }
