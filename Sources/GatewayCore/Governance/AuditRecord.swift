// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A row of `system.access.audit`: who changed what, when and from where.
package struct AuditRecord: Sendable, Equatable {
    /// Microseconds since 1970 UTC.
    package var eventTime: Int64
    /// A UUID.
    package var eventID: String
    /// Who made the change, by name.
    package var actor: String
    /// The client's address; nil for a command on the gateway's own machine.
    package var sourceAddress: String?
    package var userAgent: String?
    package var requestID: String?
    /// What was changed: `unityCatalog`, `accounts`, `tokens`.
    package var serviceName: String
    /// What was done, spelled as Databricks does: `createCatalog`, `updatePermissions`.
    package var actionName: String
    /// What it was done to: a full name or an id.
    package var target: String
    /// The value before the change, as JSON with secrets masked; nil where there was none.
    package var oldValue: String?
    /// The value after the change, as JSON with secrets masked; nil where there is none.
    package var newValue: String?
    /// The HTTP status of the answer: 200, or that of the refusal.
    package var status: Int

    package init(
        eventTime: Int64,
        eventID: String,
        actor: String,
        sourceAddress: String? = nil,
        userAgent: String? = nil,
        requestID: String? = nil,
        serviceName: String,
        actionName: String,
        target: String,
        oldValue: String? = nil,
        newValue: String? = nil,
        status: Int = 200
    ) {
        self.eventTime = eventTime
        self.eventID = eventID
        self.actor = actor
        self.sourceAddress = sourceAddress
        self.userAgent = userAgent
        self.requestID = requestID
        self.serviceName = serviceName
        self.actionName = actionName
        self.target = target
        self.oldValue = oldValue
        self.newValue = newValue
        self.status = status
    }
}
