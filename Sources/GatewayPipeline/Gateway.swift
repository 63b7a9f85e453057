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
    let policies: CallPolicies
    /// Whoever answers what is no inference route.
    let web: any HTTPResponder
    let authenticator: Authenticator
    let largeBodies: LargeBodies
    let logger: Logger

    package init(
        snapshots: CurrentSnapshot,
        translator: any Translator,
        usageQueue: UsageQueue,
        responses: StoredResponses,
        metrics: Metrics,
        logger: Logger,
        web: any HTTPResponder,
        authenticator: Authenticator,
        largeBodies: LargeBodies = LargeBodies(),
        budgets: BudgetKeeper = BudgetKeeper(),
        policies: [any CallPolicy] = []
    ) {
        self.snapshots = snapshots
        self.translator = translator
        self.usageQueue = usageQueue
        self.responses = responses
        self.metrics = metrics
        self.web = web
        self.authenticator = authenticator
        self.largeBodies = largeBodies
        self.logger = logger
        let own = Self.policies(translator: translator, largeBodies: largeBodies, budgets: budgets, logger: logger)
        self.policies = CallPolicies(own + policies)
    }

    /// What is checked, changed or noted of every call that has a caller, in this order.
    private static func policies(
        translator: any Translator,
        largeBodies: LargeBodies,
        budgets: BudgetKeeper,
        logger: Logger
    ) -> [any CallPolicy] {
        [
            RequestTagging(),
            RateLimiting(translator: translator, largeBodies: largeBodies),
            BudgetEnforcement(translator: translator, keeper: budgets),
            FailureLog(logger: logger),
        ]
    }

    package func respond(to exchange: any HTTPExchange, upstream: any UpstreamClient) async {
        let request = exchange.request
        guard let route = translator.route(request.target) ?? unmanagedRoute(request) else {
            return await web.respond(to: exchange, upstream: upstream)
        }
        let id = requestIDs.next()
        let call: Call
        do throws(GatewayError) {
            let admission = try admit(request, along: route, as: id)
            exchange.identify(admission.caller, service: nil)
            var subject = Call.Subject.request(route)
            if case .response(_, let responseID, let part) = route.kind {
                let stored = try await storedResponse(responseID, of: admission.caller)
                guard case .vendor = stored.content else {
                    return try await answer(exchange, with: part, of: stored, for: admission)
                }
                subject = .stored(stored, part)
            }
            if case .unmanaged(let path) = route.kind { subject = .unmanaged(path) }
            call = Call(
                admission,
                about: subject,
                from: exchange,
                over: upstream,
                reservation: try reserve()
            )
        } catch {
            return refuse(error, exchange, route.apiType, id.text, allow: route.methods)
        }
        await serve(call)
    }

    /// Decides by the head alone, before a body is read: the method, the caller.
    private func admit(
        _ request: HTTPRequest,
        along route: InferenceRoute,
        as id: (text: String, random: UInt64)
    ) throws(GatewayError) -> Admission {
        guard route.takes(request.method) else {
            throw GatewayError(.methodNotAllowed, "This route takes \(route.methods), not \(request.method.rawValue).")
        }
        let snapshot = snapshots.value
        let eventTime = Call.wallClock()
        return Admission(
            requestID: id.text,
            random: id.random,
            request: request,
            apiType: route.apiType,
            snapshot: snapshot,
            caller: try authenticator.caller(request.headers, in: snapshot, now: eventTime),
            authMode: authenticator.insecureCaller == nil ? "TOKEN" : "INSECURE",
            eventTime: eventTime
        )
    }

    /// Takes the place of the usage row that a call will leave.
    private func reserve() throws(GatewayError) -> Reservation {
        guard let reservation = usageQueue.reserve() else {
            metrics.countUsageQueueFull()
            throw GatewayError(
                .overloaded,
                "The gateway cannot record usage fast enough. Try again in a moment.",
                retryAfter: "1"
            )
        }
        return reservation
    }

    /// Serves a call to its end, which is one usage row.
    private func serve(_ call: consuming Call) async {
        do throws(GatewayError) {
            for policy in policies.head { try policy.checkHead(of: &call) }
            let service = try await resolve(&call)
            try call.snapshot.checkExecute(service, by: call.caller)
            let destinations = try await plan(&call, service)
            for policy in policies.request { try await policy.check(&call) }
            if !policies.review.isEmpty { try await review(&call) }
            try await answer(&call, from: destinations)
        } catch {
            let error = translator.rephrased(error, for: call.apiType)
            call.status = error.status
            call.failure = error
            if !call.hasStarted, error.code != .clientClosed { refuse(error, &call) }
        }
        let bytesToRead = call.needsInputEstimate ? call.opened?.envelope.bytes ?? 0 : 0
        let record = await largeBodies.finish(over: bytesToRead) { call.usageRecord(translator) }
        for policy in policies.end { policy.note(record, of: call) }
        call.end(with: record)
    }

    /// Finds the model service of a call, by what its body says or by the earlier answer that it is about.
    private func resolve(_ call: inout Call) async throws(GatewayError) -> PreparedService {
        let name: String
        switch call.subject {
        case .request(let route):
            name = try await open(&call, along: route)
        case .stored(let response, _):
            name = response.service
        case .unmanaged(let path):
            return try await resolve(&call, to: path)
        }
        call.requestedModel = name.prefixOfUTF8(UsageRecord.maximumShortBytes)
        let service: PreparedService
        if let provider = call.request.headers.first(name: DirectServices.header), case .request = call.subject {
            service = try call.snapshot.direct.service(
                named: provider,
                model: name,
                for: call.caller,
                in: call.snapshot.metastore,
                translator: translator
            )
        } else {
            service = try call.snapshot.service(named: name, for: call.caller)
        }
        call.service = service
        call.client.identify(call.caller, service: service.service)
        return service
    }

    /// Reads the body of a call.
    ///
    /// - Returns: The model that it names.
    private func open(_ call: inout Call, along route: InferenceRoute) async throws(GatewayError) -> String {
        let body = try await call.client.body(for: call.caller.account)
        let scanned = body.readableBytes / LargeBodies.scanShare
        let envelope = try await largeBodies.run(over: scanned) { () throws(GatewayError) in
            try translator.envelope(of: route, body: body)
        }
        call.opened = translator.open(envelope)
        if let notes = envelope.notes { try call.take(notes) }
        call.apiType = envelope.apiType
        return envelope.model
    }

    /// Tries each destination in order until one answers.
    ///
    /// Once the answer has begun, there is no other. Of those that are ejected one is tried after all the others, the one that is taken back first: so a breaker fails no
    /// call that would have been answered.
    private func answer(_ call: inout Call, from destinations: [PreparedDestination]) async throws(GatewayError) {
        if let total = call.service?.service.timeouts.total { call.deadline = .now() + TimeAmount(total) }
        var failure: GatewayError?
        var last: PreparedDestination?
        var left = destinations.count
        for destination in destinations {
            left -= 1
            if destinations.count > 1, !destination.isAvailable, destination.origin != call.stateHolder {
                if destination.isBack(before: last) { last = destination }
                continue
            }
            do throws(GatewayError) {
                return try await ask(destination, for: &call, hasAlternative: left > 0 || last != nil)
            } catch {
                guard !call.hasStarted, error.code.allowsFallback else { throw call.explain(error) }
                guard !call.isOutOfTime else { throw .outOfTime }
                failure = error
            }
        }
        do throws(GatewayError) {
            if let last { return try await ask(last, for: &call, hasAlternative: false) }
        } catch {
            guard call.hasStarted || !call.isOutOfTime else { throw .outOfTime }
            failure = error
        }
        if let failure { throw call.explain(failure) }
    }

    /// Answers a call with an error: in a stream where its client would not know the error otherwise.
    private func refuse(_ error: GatewayError, _ call: inout Call) {
        guard let envelope = call.opened?.envelope,
            let stream = translator.failedStream(error, of: envelope, answer: call.answerIdentity)
        else {
            let limits = call.limitHeaders(translator.traits(of: call.apiType))
            return refuse(error, call.client, call.apiType, call.requestID, headers: limits)
        }
        call.contentType = stream.contentType
        let headers: HTTPHeaders = [
            "content-type": stream.contentType, "x-request-id": call.requestID, "cache-control": "no-cache",
        ]
        call.client.send(status: 200, headers: headers, body: stream.body)
    }

    private func refuse(
        _ error: GatewayError,
        _ exchange: any HTTPExchange,
        _ apiType: APIType,
        _ requestID: String,
        allow: String = "POST",
        headers more: [(name: String, value: String)] = []
    ) {
        var (headers, body) = translator.errorAnswer(error, for: apiType, requestID: requestID)
        if error.code == .methodNotAllowed { headers.add(name: "allow", value: allow) }
        for (name, value) in more { headers.add(name: name, value: value) }
        exchange.send(status: error.status, headers: headers, body: body)
    }
}

extension InferenceRoute {
    /// Whether it takes requests of this method.
    fileprivate func takes(_ method: HTTPMethod) -> Bool {
        switch kind {
        case .api, .byBody: method == .POST
        case .response(_, _, .whole): method == .GET || method == .HEAD || method == .DELETE
        case .response(_, _, .inputItems): method == .GET || method == .HEAD
        case .unmanaged: [.GET, .HEAD, .POST, .PUT, .PATCH, .DELETE].contains(method)
        }
    }

    /// The methods that it takes, as the header `allow` lists them.
    fileprivate var methods: String {
        switch kind {
        case .api, .byBody: "POST"
        case .response(_, _, .whole): "GET, DELETE"
        case .response(_, _, .inputItems): "GET"
        case .unmanaged: "GET, POST, PUT, PATCH, DELETE"
        }
    }
}
