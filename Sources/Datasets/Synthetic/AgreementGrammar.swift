import Foundation

/// A small probabilistic grammar in which words must agree over a distance.
///
/// A clause is: subject, modifiers, verb, modifiers, object. Behind it stands a full stop, or a comma and a new clause.
/// Any number of modifiers may stand in a gap. There are eight subjects of four genders, two verbs for each gender, and
/// one object for each subject. The verb agrees with the subject's gender, the object with the very subject; the
/// subject behind a comma has the gender of the one before. So the next word depends on words that lie arbitrarily far
/// back, and never on anything that has been said before the last full stop.
///
/// The grammar is regular and every word tells which rule made it: the state of its automaton is known from the words
/// so far, so that entropies are sums over states and nothing has to be estimated.
struct AgreementGrammar {
  /// Symbols: full stop, comma, 8 subjects, 6 modifiers, 8 verbs, 8 objects.
  static let vocabulary = 32
  /// What every sequence begins with.
  static let fullStop: UInt8 = 0

  private static let comma: UInt8 = 1
  private static let firstSubject = 2
  private static let firstModifier = 10
  private static let firstVerb = 16
  private static let firstObject = 24
  private static let subjects = 8
  private static let genders = 4
  private static let modifiers = 6

  /// Probability that another modifier follows.
  private static let modifierProbability = 0.5
  /// Probability of the first of the two verbs that agree.
  private static let firstVerbProbability = 0.75
  /// Probability that a clause is the last of its sentence.
  private static let stopProbability = 0.6

  /// A word that may come next, and the state behind it.
  struct Transition {
    let probability: Double
    let token: UInt8
    let next: Int
  }

  /// What may come next in every state; state 0 begins a sentence.
  let states: [[Transition]]

  init() {
    // Behind state 0, for each subject: 1 + 4 · subject + 0 behind the subject, 1 behind the verb, 2 behind the object,
    // 3 behind a comma.
    func state(_ subject: Int, _ phase: Int) -> Int { 1 + 4 * subject + phase }
    func word(_ first: Int, _ index: Int) -> UInt8 { UInt8(first + index) }
    typealias Grammar = AgreementGrammar
    func gap(_ own: Int) -> [Transition] {
      (0..<Grammar.modifiers).map {
        Transition(
          probability: Grammar.modifierProbability / Double(Grammar.modifiers), token: word(Grammar.firstModifier, $0),
          next: own)
      }
    }
    func subjects(_ candidates: [Int]) -> [Transition] {
      candidates.map {
        Transition(
          probability: 1 / Double(candidates.count), token: word(Grammar.firstSubject, $0), next: state($0, 0))
      }
    }
    var states = [subjects(Array(0..<Grammar.subjects))]
    let rest = 1 - Grammar.modifierProbability
    for subject in 0..<Grammar.subjects {
      let gender = subject % Grammar.genders
      let agreeing = [gender, gender + Grammar.genders]
      let verbs = zip(agreeing, [Grammar.firstVerbProbability, 1 - Grammar.firstVerbProbability]).map {
        Transition(probability: rest * $1, token: word(Grammar.firstVerb, $0), next: state(subject, 1))
      }
      states.append(gap(state(subject, 0)) + verbs)
      let object = Transition(probability: rest, token: word(Grammar.firstObject, subject), next: state(subject, 2))
      states.append(gap(state(subject, 1)) + [object])
      states.append([
        Transition(probability: Grammar.stopProbability, token: Grammar.fullStop, next: 0),
        Transition(probability: 1 - Grammar.stopProbability, token: Grammar.comma, next: state(subject, 3)),
      ])
      states.append(subjects(agreeing))
    }
    self.states = states
  }

  /// Appends a full stop and `length` words.
  func sample(_ length: Int, to tokens: inout [UInt8], _ random: inout KeyedRandom) {
    tokens.append(AgreementGrammar.fullStop)
    var state = 0
    for _ in 0..<length {
      var rest = random.unit()
      var chosen = states[state][0]
      for transition in states[state] {
        chosen = transition
        rest -= transition.probability
        if rest < 0 { break }
      }
      tokens.append(chosen.token)
      state = chosen.next
    }
  }

  /// Losses of the best models on the `length` words behind a full stop, in nats a word, exact.
  ///
  /// The distribution over (state, last word) is carried from word to word. Complexity: O(length · states · 32).
  func losses(length: Int) -> GrammarLosses {
    let size = AgreementGrammar.vocabulary
    var distribution = [Double](repeating: 0, count: states.count * size)
    distribution[Int(AgreementGrammar.fullStop)] = 1
    var pairs = [Double](repeating: 0, count: size * size)
    var entropy = 0.0
    for _ in 0..<length {
      var next = [Double](repeating: 0, count: distribution.count)
      for (place, weight) in distribution.enumerated() where weight > 0 {
        for transition in states[place / size] {
          let mass = weight * transition.probability
          entropy -= mass * log(transition.probability)
          pairs[place % size * size + Int(transition.token)] += mass
          next[transition.next * size + Int(transition.token)] += mass
        }
      }
      distribution = next
    }
    let words = (0..<size).map { token in (0..<size).reduce(0) { $0 + pairs[$1 * size + token] } }
    let contexts = (0..<size).map { pairs[($0 * size)..<(($0 + 1) * size)].reduce(0, +) }
    func information(_ masses: [Double]) -> Double {
      masses.reduce(0) { $0 - ($1 > 0 ? $1 * log($1 / Double(length)) : 0) } / Double(length)
    }
    return GrammarLosses(
      entropy: entropy / Double(length), bigram: information(pairs) - information(contexts),
      unigram: information(words))
  }
}

/// Losses that the best models of a kind reach on a grammar, in nats a token.
public struct GrammarLosses: Sendable, Hashable {
  /// Of a model that knows the grammar: no model does better.
  public let entropy: Double
  /// Of the best model that sees the last token only.
  public let bigram: Double
  /// Of the best model that sees nothing.
  public let unigram: Double
}
