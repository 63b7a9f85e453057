// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import Logging
import NIOCore
import NIOHTTP1

/// The path of a call, in the order it happens.
///
/// Every call that has a caller leaves exactly one usage row, however it ends; the place for it is reserved before anything else is done.
package struct Gateway: HTTPResponder {
    let snapshots: CurrentSnapshot
    let translator: any Translator
    let usageQueue: UsageQueue
    let responses: StoredResponses
    let metrics: Metrics
    let requestIDs = RequestIDs()
    let logger: Logger
    /// Whoever answers what is no inference route.
    let web: any HTTPResponder
    let authenticator: Authenticator
    let largeBodies: LargeBodies

    package init(
        snapshots: CurrentSnapshot,
        translator: any Translator,
        usageQueue: UsageQueue,
        responses: StoredResponses,
        metrics: Metrics,
        logger: Logger,
        web: any HTTPResponder,
        authenticator: Authenticator,
        largeBodies: LargeBodies = LargeBodies()
    ) {
        self.snapshots = snapshots
        self.translator = translator
        self.usageQueue = usageQueue
        self.responses = responses
        self.metrics = metrics
        self.logger = logger
        self.web = web
        self.authenticator = authenticator
        self.largeBodies = largeBodies
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        let request = exchange.request
        guard let route = translator.route(request.target) else {
            return await web.respond(to: exchange, upstream: upstream)
        }
        let id = requestIDs.next()
        if case .response(_, let responseID, let part) = route.kind {
            return await respond(to: exchange, about: responseID, part, route, id, upstream)
        }
        var call: Call
        do throws(GatewayError) {
            call = try admit(request, route, id)
        } catch {
            return refuse(error, exchange, route.apiType, id.text)
        }
        do throws(GatewayError) {
            let destinations = try await prepare(&call, route, exchange)
            try await answer(&call, destinations, exchange, upstream)
        } catch {
            call.status = error.status
            if !call.hasStarted, error.code != .clientClosed { refuse(error, exchange, call.apiType, call.requestID) }
            if let cause = error.cause { log(error, cause, call) }
        }
        await leaveRow(of: call)
    }

    /// Leaves the usage row of a call that has ended; an estimate of its tokens reads the whole body.
    func leaveRow(of call: Call) async {
        usageQueue.append(await largeBodies.finish(over: call.envelope?.bytes ?? 0) { call.usageRecord(translator) })
    }

    /// Decides by the head alone, before a body is read: the method, the caller, the place for the usage row.
    private func admit(
        _ request: HTTPRequest,
        _ route: InferenceRoute,
        _ id: (text: String, random: UInt64)
    ) throws(GatewayError) -> Call {
        guard request.method == .POST else {
            throw GatewayError(.methodNotAllowed, "This route accepts POST, not \(request.method.rawValue).")
        }
        let snapshot = snapshots.value
        let eventTime = Call.wallClock()
        let caller = try authenticator.caller(request.headers, in: snapshot, now: eventTime)
        return try call(request, route.apiType, id, snapshot, caller, eventTime)
    }

    /// A call that is going to leave a usage row.
    func call(
        _ request: HTTPRequest,
        _ apiType: APIType,
        _ id: (text: String, random: UInt64),
        _ snapshot: Snapshot,
        _ caller: Caller,
        _ eventTime: Int64
    ) throws(GatewayError) -> Call {
        guard usageQueue.reserve() else {
            metrics.countUsageQueueFull()
            throw GatewayError(
                .overloaded,
                "The gateway cannot record usage fast enough. Try again in a moment.",
                retryAfter: "1"
            )
        }
        return Call(
            requestID: id.text,
            random: id.random,
            request: request,
            snapshot: snapshot,
            caller: caller,
            authMode: authenticator.insecureCaller == nil ? "TOKEN" : "INSECURE",
            eventTime: eventTime,
            apiType: apiType
        )
    }

    /// Reads the request and works out who may serve it.
    private func prepare(
        _ call: inout Call,
        _ route: InferenceRoute,
        _ exchange: any HTTPExchange
    ) async throws(GatewayError) -> (RequestEnvelope, [PreparedDestination]) {
        let headers = call.request.headers
        if let encoding = headers.first(name: "content-encoding"), encoding.lowercased() != "identity" {
            throw GatewayError(
                .unsupportedMediaType,
                "Compressed request bodies are not supported. Send the body without Content-Encoding."
            )
        }
        if let tags = headers.first(name: RequestTags.headerName) { call.requestTags = try RequestTags(header: tags) }
        let body = try await exchange.body(for: call.caller.account)
        let scanned = body.readableBytes / LargeBodies.scanShare
        let envelope = try await largeBodies.run(over: scanned) { () throws(GatewayError) in
            try translator.envelope(of: route, body: body)
        }
        call.envelope = envelope
        call.apiType = envelope.apiType
        call.requestedModel = envelope.model.prefixOfUTF8(UsageRecord.maximumShortBytes)
        let service = try call.snapshot.service(named: envelope.model)
        call.service = service
        try call.snapshot.grants.checkExecute(service.service, by: call.caller)
        return try await plan(&call, envelope, service, exchange)
    }

    /// Tries each destination in order until one answers.
    ///
    /// Once the answer has begun, there is no other.
    private func answer(
        _ call: inout Call,
        _ prepared: (envelope: RequestEnvelope, destinations: [PreparedDestination]),
        _ exchange: any HTTPExchange,
        _ upstream: any UpstreamClient
    ) async throws(GatewayError) {
        var left = prepared.destinations.count
        for destination in prepared.destinations {
            left -= 1
            do throws(GatewayError) {
                return try await attempt(&call, prepared.envelope, destination, exchange, upstream)
            } catch {
                guard left > 0, !call.hasStarted, error.code.allowsFallback else { throw call.explain(error) }
            }
        }
    }

    func refuse(
        _ error: GatewayError,
        _ exchange: any HTTPExchange,
        _ apiType: APIType,
        _ requestID: String,
        allow: String = "POST"
    ) {
        var headers: HTTPHeaders = ["content-type": "application/json", "x-request-id": requestID]
        if let retryAfter = error.retryAfter { headers.add(name: "retry-after", value: retryAfter) }
        if error.code == .unauthenticated { headers.add(name: "www-authenticate", value: "Bearer") }
        if error.code == .methodNotAllowed { headers.add(name: "allow", value: allow) }
        exchange.send(
            status: error.status,
            headers: headers,
            body: translator.errorBody(error, for: apiType, requestID: requestID)
        )
    }

    /// What failed and why; never the message, which may be an upstream's and quote the prompt.
    func log(_ error: GatewayError, _ cause: String, _ call: Call) {
        // A request that the upstream refused is its caller's affair.
        let level: Logger.Level = error.code == .upstreamRefused || error.code == .limitExceeded ? .debug : .warning
        logger.log(
            level: level,
            "A request failed",
            metadata: [
                "request_id": "\(call.requestID)", "error": "\(error.code)", "cause": "\(cause)",
                "destination": "\(call.destination?.label ?? "-")", "status": "\(error.status)",
            ]
        )
    }
}
