// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// The words by which a vendor's errors say what they mean.
package struct ErrorWords: Sendable {
    /// What the vendor calls its errors, in types, codes, statuses and reasons.
    package var names: [String: ErrorMeaning]
    /// What messages say where no name does: texts in lower case, all of which a message of that meaning has.
    package var messages: [(texts: [String], meaning: ErrorMeaning)]

    package init(
        names: [String: ErrorMeaning] = [:],
        messages: [(texts: [String], meaning: ErrorMeaning)] = []
    ) {
        self.names = names
        self.messages = messages
    }
}

/// The words of all vendors: each of them may stand behind any format, since clouds and other gateways pass words on.
struct ErrorVocabulary: Sendable {
    /// The words of the built-in dialects.
    static let known = ErrorVocabulary(Dialects.all)

    private let names: [String: ErrorMeaning]
    private let messages: [(texts: [String], meaning: ErrorMeaning)]

    init(_ dialects: [any Dialect]) {
        let words = dialects.map(\.errorWords)
        names = words.reduce(into: [:]) { $0.merge($1.names) { first, _ in first } }
        messages = words.flatMap(\.messages)
    }

    /// What a name means.
    func meaning(ofName name: String?) -> ErrorMeaning? { name.flatMap { names[$0] } }

    /// What an answer with an error status means, where its words say more than the status.
    func meaning(of report: ErrorReport, status: Int) -> ErrorMeaning? {
        let named = specific(report.code) ?? specific(report.reason)
        // A message may tell why somebody has to wait, but not that waiting is no use.
        let told = meaning(ofMessages: report).flatMap { status != 429 || $0 == .quotaExhausted ? $0 : nil }
        let meaning = named ?? told ?? specific(report.type)
        switch status {
        case 401: return meaning == .badCredential ? meaning : nil
        // What else the vendor says of an account is not for clients.
        case 403 where meaning == .modelNotFound || meaning == .imageUnreadable: return nil
        default: return meaning
        }
    }

    private func specific(_ name: String?) -> ErrorMeaning? {
        guard let meaning = meaning(ofName: name), !meaning.isGeneric else { return nil }
        return meaning
    }

    /// What the message means, or the one that another gateway passes on within its own.
    private func meaning(ofMessages report: ErrorReport) -> ErrorMeaning? {
        for text in [report.message, report.inner] {
            guard let text = text?.prefixOfUTF8(ErrorReader.maximumMessage).lowercased() else { continue }
            let found = messages.first { $0.texts.allSatisfy { text.contains($0) } }
            if let found { return found.meaning }
        }
        return nil
    }
}
