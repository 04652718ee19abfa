// Shows how much of a large file has been sent. Without this script the form works as any other.
const form = document.querySelector('form[data-upload]');
const progress = document.querySelector('progress');

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.open('POST', form.action);
  request.setRequestHeader('accept', 'application/json');
  request.responseType = 'json';
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    progress.hidden = false;
    progress.max = total;
    progress.value = loaded;
  });
  // Whatever went wrong, the page itself says it best: it is asked for anew.
  request.addEventListener('load', () => location.assign(request.response?.location ?? form.action));
  request.addEventListener('error', () => location.assign(form.action));
  request.send(new FormData(form));
});
