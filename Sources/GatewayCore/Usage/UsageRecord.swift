// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// What one invocation was and cost: a row of `system.ai_gateway.usage`.
///
/// It is made exactly once, when the call ends. It refers to the immutable objects of the snapshot that the call used, so making one
/// copies no strings; the store spells out the columns later, off the hot path.
/// Columns: docs.databricks.com/aws/en/ai-gateway/usage-tracking (2026-11).
package struct UsageRecord: Sendable {
    /// One try of a destination: an element of `routing_information.attempts`.
    package struct Attempt: Sendable, Equatable {
        /// 1 for the primary, counting up along the tries.
        package var priority: Int
        /// `ROUTE` for the primary, `FALLBACK` for the others, `RETRY` for the one before once more, without the opaque state that it refused.
        package var action: String
        package var destination: String
        package var statusCode: Int
        package var errorCode: String?
        package var latencyMilliseconds: Int
        /// The vendor's own id of the request, from `x-request-id` or `request-id`.
        package var vendorRequestID: String?

        package init(
            priority: Int,
            action: String,
            destination: String,
            statusCode: Int,
            errorCode: String? = nil,
            latencyMilliseconds: Int,
            vendorRequestID: String? = nil
        ) {
            self.priority = priority
            self.action = action
            self.destination = destination
            self.statusCode = statusCode
            self.errorCode = errorCode
            self.latencyMilliseconds = latencyMilliseconds
            self.vendorRequestID = vendorRequestID
        }
    }

    /// The id that the client saw in `x-request-id`, a UUID.
    package var requestID: String
    /// The id of this invocation, a UUID; equal to ``requestID`` while a request is one invocation.
    package var invocationID: String
    /// When the request was received, in microseconds since 1970 UTC.
    package var eventTime: Int64
    package var workspaceID: String
    package var caller: Caller
    /// How the caller authenticated: `TOKEN`, or `INSECURE` on a gateway that runs without authentication.
    package var authMode: String
    /// nil when the model that the client named does not exist.
    package var service: ModelService?
    /// What the client named as the model, for rows without a service.
    package var requestedModel: String
    /// nil when the call was refused before a destination was chosen.
    package var destination: Destination?
    /// nil for a path that is none of the gateway's APIs.
    package var apiType: APIType?
    /// The client's address without its port.
    package var ipAddress: String
    /// Path and query as the client sent them, at most 2,048 bytes; credentials in the query are cut.
    package var url: String
    /// At most 512 bytes.
    package var userAgent: String?
    package var requestTags: RequestTags?
    package var usage: TokenUsage
    /// What the destination's model costs; nil where nobody says it.
    package var price: ModelPrice?
    /// The budgets that the call counts towards.
    package var budgetUses: [BudgetUse] = []
    package var responseContentType: String?
    package var statusCode: Int
    package var latencyMilliseconds: Int
    /// nil when no byte of an answer was sent.
    package var timeToFirstByteMilliseconds: Int?
    package var attempts: [Attempt]
    package var serviceTier: String?
    package var reasoningEffort: String?
    /// The client's own id of the request, at most 256 bytes.
    package var clientRequestID: String?

    package init(
        requestID: String,
        invocationID: String,
        eventTime: Int64,
        workspaceID: String,
        caller: Caller,
        authMode: String,
        service: ModelService?,
        requestedModel: String,
        destination: Destination?,
        apiType: APIType?,
        ipAddress: String,
        url: String,
        userAgent: String?,
        requestTags: RequestTags?,
        usage: TokenUsage,
        price: ModelPrice? = nil,
        responseContentType: String?,
        statusCode: Int,
        latencyMilliseconds: Int,
        timeToFirstByteMilliseconds: Int?,
        attempts: [Attempt],
        serviceTier: String? = nil,
        reasoningEffort: String? = nil,
        clientRequestID: String? = nil
    ) {
        self.requestID = requestID
        self.invocationID = invocationID
        self.eventTime = eventTime
        self.workspaceID = workspaceID
        self.caller = caller
        self.authMode = authMode
        self.service = service
        self.requestedModel = requestedModel
        self.destination = destination
        self.apiType = apiType
        self.ipAddress = ipAddress
        self.url = url
        self.userAgent = userAgent
        self.requestTags = requestTags
        self.usage = usage
        self.price = price
        self.responseContentType = responseContentType
        self.statusCode = statusCode
        self.latencyMilliseconds = latencyMilliseconds
        self.timeToFirstByteMilliseconds = timeToFirstByteMilliseconds
        self.attempts = attempts
        self.serviceTier = serviceTier
        self.reasoningEffort = reasoningEffort
        self.clientRequestID = clientRequestID
    }
}

extension UsageRecord {
    /// What the call cost; nil where its tokens or their price are not known.
    package var cost: Cost? {
        guard !usage.isEmpty else { return nil }
        return price?.cost(of: usage, tier: PriceTier(named: serviceTier), at: eventTime)
    }
}

// MARK: Bounds

extension UsageRecord {
    // Most bytes of UTF-8 of what a client or an upstream controls; longer text is cut.

    /// The model that a client named, and a content type.
    package static let maximumShortBytes = 255
    /// Path and query.
    package static let maximumURLBytes = 2048
    package static let maximumUserAgentBytes = 512
    /// A service tier, and an effort.
    package static let maximumTierBytes = 64
    /// A vendor's id of a request.
    package static let maximumVendorIDBytes = 128

    /// About how much memory the record takes while it waits, in bytes; objects of the snapshot, which many records share, do not count.
    package var bytes: Int {
        var bytes = Self.ownBytes + requestID.utf8.count + invocationID.utf8.count + workspaceID.utf8.count
        bytes += requestedModel.utf8.count + ipAddress.utf8.count + url.utf8.count
        bytes += (userAgent?.utf8.count ?? 0) + (requestTags?.json.utf8.count ?? 0)
        bytes += (responseContentType?.utf8.count ?? 0) + (serviceTier?.utf8.count ?? 0)
        bytes += (reasoningEffort?.utf8.count ?? 0) + (clientRequestID?.utf8.count ?? 0)
        bytes += budgetUses.count * MemoryLayout<BudgetUse>.stride
        for attempt in attempts {
            bytes += Attempt.ownBytes + attempt.destination.utf8.count + (attempt.vendorRequestID?.utf8.count ?? 0)
        }
        return bytes
    }

    private static let ownBytes = MemoryLayout<UsageRecord>.stride
}

extension UsageRecord.Attempt {
    fileprivate static let ownBytes = MemoryLayout<UsageRecord.Attempt>.stride
}
