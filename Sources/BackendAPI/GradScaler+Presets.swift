extension GradScaler {
  /// Scalers of other systems, with their constants, floors and ceilings.
  ///
  /// The scale moves as theirs, step for step (Tests/Reference/scaler_preset_cases.py), with two guards where the
  /// originals have none, at the ends of `usefulScales`:
  /// - At 2^-126 the run ends, where torch, Apex and Keras halve on to a scale without a finite reciprocal and to 0. A run
  ///   that backs off that far has a cause that no scale removes.
  /// - At 2^126 growth ends, where DeepSpeed, Megatron and Keras go on to infinity, and torch to 2^127.
  ///
  /// A scale is fp32 here. Apex and DeepSpeed keep it as fp64, which differs only for scales that fp32 cannot hold.
  public enum Preset: String, CaseIterable, Sendable, Hashable, Codable {
    /// PyTorch: torch/amp/grad_scaler.py, `GradScaler`.
    case torch
    /// NVIDIA Apex: apex/amp/scaler.py, `LossScaler.update_scale`; constants of apex/amp/frontend.py, `initialize`.
    case apex
    /// DeepSpeed: deepspeed/runtime/fp16/loss_scaler.py, `DynamicLossScaler.update_scale`; constants of
    /// deepspeed/runtime/precision_config.py, `DeepSpeedFP16Config`.
    ///
    /// Raises at its floor of 1.
    case deepspeed
    /// Megatron-LM: megatron/core/optimizer/grad_scaler.py, `DynamicGradScaler.update`; constants of
    /// megatron/training/arguments.py.
    ///
    /// Stays at its floor of 1 and skips on.
    case megatron
    /// Keras 3: keras/src/optimizers/loss_scale_optimizer.py, `LossScaleOptimizer`.
    case keras

    /// The constants.
    public var settings: Settings {
      var settings = Settings()
      settings.preset = self
      settings.minimumScale = GradScaler.usefulScales.lowerBound
      settings.atMinimum = .stops
      settings.maximumScale = GradScaler.usefulScales.upperBound
      switch self {
      case .torch: break
      case .apex: settings.maximumScale = 0x1p24
      case .deepspeed:
        settings.growthInterval = 1000
        settings.growthDelay = 1
        settings.hysteresis = 2
        settings.minimumScale = 1
        settings.atMinimum = .raises
      case .megatron:
        settings.initialScale = 0x1p32
        settings.growthInterval = 1000
        settings.hysteresis = 2
        settings.minimumScale = 1
        settings.atMinimum = .keepsSkipping
      case .keras: settings.initialScale = 0x1p15
      }
      return settings
    }
  }
}
