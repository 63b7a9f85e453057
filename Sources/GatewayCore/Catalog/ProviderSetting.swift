// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// Something that some providers must know beyond an address and a key: a key of `provider_services.<name>` in the configuration.
///
/// A ``Provider`` names those that it takes; any other is an error of the file.
package enum ProviderSetting: String, Sendable, CaseIterable, Hashable {
    /// Azure's `api-version`; the deployments form of its paths, where it is there.
    case apiVersion = "api_version"
    /// Google Cloud's project.
    case project
    /// The vendor's region or location.
    case region
    /// A Google service account's key: the JSON text, or the path of the file that holds it.
    case serviceAccountKey = "service_account_key"
    case awsAccessKeyID = "aws_access_key_id"
    case awsSecretAccessKey = "aws_secret_access_key"
    case awsSessionToken = "aws_session_token"

    /// Whether the value is never shown.
    package var isSecret: Bool {
        switch self {
        case .apiVersion, .project, .region: false
        case .serviceAccountKey, .awsAccessKeyID, .awsSecretAccessKey, .awsSessionToken: true
        }
    }
}

/// The settings of one provider service; checked as far as one value can be: one line of printable ASCII, but for a key in JSON.
package typealias ProviderSettings = [ProviderSetting: String]
