// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension ModelRequest.Tool {
    /// What the namespace is for that the tool was taken out of; nil if it was in none, or still is.
    private var formerNamespaceDescription: JSONString? {
        guard namespace == nil, let namespaceDescription, !namespaceDescription.isEmpty else { return nil }
        return namespaceDescription
    }

    /// Whether there is nothing to say of what the tool is for.
    var isUndescribed: Bool { (description?.isEmpty ?? true) && formerNamespaceDescription == nil }

    /// Writes the member `description`, if there is anything to say.
    func writeDescription(into writer: inout JSONWriter) {
        guard formerNamespaceDescription != nil else {
            if let description { writer.member("description", description) }
            return
        }
        writer.key("description")
        writer.beginString()
        appendDescription(to: &writer)
        writer.endString()
    }

    /// Adds what the tool is for to an open string.
    func appendDescription(to writer: inout JSONWriter) {
        if let former = formerNamespaceDescription {
            writer.appendString(former)
            if description != nil { writer.appendString("\n\n") }
        }
        if let description { writer.appendString(description) }
    }
}
