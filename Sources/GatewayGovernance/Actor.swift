// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
package import GatewayCore

/// Who changes something, from where and when: what an audit record says of it.
package struct Actor: Sendable {
    package var caller: Caller
    /// The client's address; nil for a command on the gateway's own machine.
    package var sourceAddress: String?
    package var userAgent: String?
    package var requestID: String?
    /// Microseconds since 1970 UTC.
    package var time: Int64

    package init(
        _ caller: Caller,
        sourceAddress: String? = nil,
        userAgent: String? = nil,
        requestID: String? = nil,
        time: Int64
    ) {
        self.caller = caller
        self.sourceAddress = sourceAddress
        self.userAgent = userAgent
        self.requestID = requestID
        self.time = time
    }
}

// MARK: Records

extension Actor {
    /// What the audit log says of a change; secrets must be masked.
    func record(
        _ action: String,
        of service: AuditRecord.Service,
        on target: String,
        old: String?,
        new: String?
    ) -> AuditRecord {
        AuditRecord(
            eventTime: time,
            eventID: UUID().uuidString.lowercased(),
            actor: caller.name,
            sourceAddress: sourceAddress,
            userAgent: userAgent,
            requestID: requestID,
            serviceName: service.rawValue,
            actionName: action,
            target: target,
            oldValue: old,
            newValue: new
        )
    }

    /// What the audit log says of a token that this actor makes.
    package func record(creating token: AccessToken) -> AuditRecord {
        record("createToken", of: .tokens, on: token.id, old: nil, new: token.principal)
    }

    /// What the audit log says of a token that this actor revokes.
    package func record(revoking token: AccessToken) -> AuditRecord {
        record("deleteToken", of: .tokens, on: token.id, old: token.principal, new: nil)
    }
}

extension AuditRecord {
    /// The groups of actions of the audit log, spelled as in `system.access.audit`.
    enum Service: String { case unityCatalog, accounts, tokens }
}
