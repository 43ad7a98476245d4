// Browsers clean the microphone's sound for calls: gated, levelled, narrow. Here the real room is wanted.
(() => {
  const media = navigator.mediaDevices;
  if (!media || !media.getUserMedia) return;
  const original = media.getUserMedia.bind(media);
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  media.getUserMedia = (wanted = {}) => {
    const audio = wanted.audio === true ? raw : wanted.audio ? { ...wanted.audio, ...raw } : wanted.audio;
    return original({ ...wanted, audio });
  };
})();
