// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation

/// The names of users, service principals and groups, and the one rule by which they are compared.
///
/// Two spellings are one name if their NFC forms have the same bytes: `é` as one scalar and as two is one name, `Alice` and `alice` are two. Names are normalised where they
/// enter (configuration, tokens), so that comparing strings, hashing them and storing their bytes agree ever after.
package enum PrincipalName {
    /// The group whose members are administrators.
    package static let administrators = "admins"
    /// The group that everybody is in.
    package static let everybody = "account users"

    /// The NFC form of a name.
    package static func normalized(_ name: String) -> String {
        name.utf8.allSatisfy { $0 < 0x80 } ? name : name.precomposedStringWithCanonicalMapping
    }

    /// Whether a name shows all that it holds: no control characters and nothing invisible, such as a zero-width space or a change of direction,
    /// with which two names could look alike.
    package static func isVisible(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: !scalar.properties.isDefaultIgnorableCodePoint
            }
        }
    }
}
